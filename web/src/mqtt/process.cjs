// What MQTT.js and its streams use of Node's `process`. The usual replacement waits with timers, which browsers slow down
// in hidden tabs.
exports.nextTick = (work, ...given) => queueMicrotask(() => work(...given));
