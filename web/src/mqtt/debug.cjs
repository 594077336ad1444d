// In the place of `debug`: nobody reads MQTT.js's log in a browser. MQTT.js calls what it requires, so it is CommonJS.
module.exports = () => () => {};
