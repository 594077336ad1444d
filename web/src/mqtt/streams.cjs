// In the place of `readable-stream`: the streams that MQTT.js uses, without operators, pipelines and promises.
const { Buffer } = require("buffer");
const { Stream } = require("readable-stream/lib/internal/streams/legacy.js");

// Its streams expect these two, which are defined where it puts everything together.
Stream._isUint8Array = (value) => value instanceof Uint8Array;
Stream._uint8ArrayToBuffer = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength);

exports.Readable = require("readable-stream/lib/internal/streams/readable.js");
exports.Writable = require("readable-stream/lib/internal/streams/writable.js");
exports.Duplex = require("readable-stream/lib/internal/streams/duplex.js");
exports.Transform = require("readable-stream/lib/internal/streams/transform.js");
