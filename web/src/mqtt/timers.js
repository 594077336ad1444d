// In the place of `worker-timers`, whose worker the server's Content-Security-Policy forbids: the page gives MQTT.js a
// timer of its own.
const { setInterval, clearInterval } = globalThis;

export { clearInterval, setInterval };
