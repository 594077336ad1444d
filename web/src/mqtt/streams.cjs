// In the place of `readable-stream`: all that MQTT.js uses of it when its client is given a stream. MQTT.js is CommonJS,
// so this is, too.
const { EventEmitter } = require("events");

/** The client hands it what comes in. */
exports.Writable = class {
  #chunks = [];
  #isBusy = false;

  /** Hands the chunks to `_write`, one after the other: it calls back when it wants the next one. */
  write(chunk) {
    this.#chunks.push(chunk);
    if (!this.#isBusy) this.#next();
  }

  #next() {
    const chunk = this.#chunks.shift();
    this.#isBusy = chunk !== undefined;
    // Not at once: many chunks must not be as many calls inside one another.
    if (this.#isBusy) this._write(chunk, "buffer", () => queueMicrotask(() => this.#next()));
  }
};

/** The client's store of packets lists them by this: `_read` pushes one of them, or null after the last. */
exports.Readable = class extends EventEmitter {
  #pushed = null;
  #isOver = false;

  push(packet) {
    this.#pushed = packet;
  }

  read() {
    if (this.#isOver) return null;
    this._read();
    this.#isOver = this.#pushed === null;
    if (this.#isOver) queueMicrotask(() => this.emit("end"));
    return this.#pushed;
  }
};
