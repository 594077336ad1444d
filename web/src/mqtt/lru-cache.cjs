// In the place of `lru-cache`: all that MQTT.js's topic aliases use of it. MQTT.js is CommonJS, so this is, too.
exports.LRUCache = class {
  #max;
  /** The one used least recently is the first. */
  #values = new Map();

  constructor({ max }) {
    this.#max = max;
  }

  get size() {
    return this.#values.size;
  }

  get(key) {
    if (!this.#values.has(key)) return undefined;
    const value = this.#values.get(key);
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key, value) {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#max) this.#values.delete(this.#values.keys().next().value);
  }

  clear() {
    this.#values.clear();
  }

  /** The keys, the one used last first. */
  keys() {
    return [...this.#values.keys()].reverse();
  }
};
