// The classes of `readable-stream` that MQTT.js uses, without the functions that surround them.
export { default as Duplex } from "readable-stream/lib/internal/streams/duplex.js";
export { default as Readable } from "readable-stream/lib/internal/streams/readable.js";
export { default as Transform } from "readable-stream/lib/internal/streams/transform.js";
export { default as Writable } from "readable-stream/lib/internal/streams/writable.js";
