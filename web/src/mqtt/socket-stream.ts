import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";

/** What bytes are piped into. */
interface Target {
  write(chunk: Buffer): void;
}

/**
 * What MQTT.js needs of a stream over a WebSocket: one event for each message that comes in, one message for what is
 * written at a time. MQTT.js's own builder for browsers puts three streams of Node's after one another.
 *
 * Nothing is held back while the socket is busy: the outbox sends no more than a few messages at a time.
 */
export class SocketStream extends EventEmitter {
  readonly #socket: WebSocket;
  #target: Target | undefined;
  #pieces: Buffer[] = [];
  /** How often `cork` has been called more often than `uncork`. */
  #corks = 0;
  #isDestroyed = false;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.#flush());
    socket.addEventListener("close", () => this.destroy());
    socket.addEventListener("error", () => this.destroy(new Error("WebSocket error")));
    socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (!this.#isDestroyed) this.#target?.write(bytesOf(data));
    });
  }

  pipe(target: Target): void {
    this.#target = target;
  }

  write(chunk: string | Uint8Array): boolean {
    this.#pieces.push(bytesOf(chunk));
    if (this.#corks === 0) this.#flush();
    return true;
  }

  /** What is written from now on is sent in one message, once it is uncorked. */
  cork(): void {
    this.#corks += 1;
  }

  uncork(): void {
    this.#corks -= 1;
    if (this.#corks === 0) this.#flush();
  }

  /** Sends what was written, and closes; `close` follows when the other side knows. */
  end(ended?: () => void): void {
    this.#flush();
    this.#socket.close();
    ended?.();
  }

  /** Closes at once; `close` follows without waiting for the other side. */
  destroy(error?: Error): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#pieces = [];
    this.#socket.close();
    queueMicrotask(() => {
      if (error) this.emit("error", error);
      this.emit("close");
    });
  }

  #flush(): void {
    const { readyState, OPEN } = this.#socket;
    // Before it is open, everything waits; afterwards nobody would get it.
    if (readyState !== OPEN || this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#socket.send(Buffer.concat(pieces));
  }
}

const bytesOf = (data: string | Uint8Array | ArrayBuffer): Buffer => {
  if (typeof data === "string") return Buffer.from(data);
  return data instanceof ArrayBuffer
    ? Buffer.from(data)
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
};
