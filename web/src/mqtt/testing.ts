import { setImmediate } from "node:timers/promises";
import { MqttClient } from "mqtt";
import type { StreamBuilder } from "mqtt/lib/shared";
import { SocketStream } from "./socket-stream";

/** A WebSocket whose other side is the test. */
export class Socket extends EventTarget {
  static readonly CLOSED = 3;
  readonly OPEN = 1;
  readyState = 0;
  /** The messages that were sent. */
  readonly sent: Uint8Array[] = [];

  open(): void {
    this.readyState = this.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  receive({ buffer, byteOffset, byteLength }: Uint8Array): void {
    const data = buffer.slice(byteOffset, byteOffset + byteLength);
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  send(message: Uint8Array): void {
    if (this.readyState !== this.OPEN) throw new Error("the socket is not open");
    this.sent.push(message);
  }

  fail(): void {
    this.dispatchEvent(new Event("error"));
    this.close();
  }

  close(): void {
    if (this.readyState === Socket.CLOSED) return;
    this.readyState = Socket.CLOSED;
    this.dispatchEvent(new Event("close"));
  }
}

/** A client over that socket. */
export const connect = (socket: Socket): MqttClient => {
  const build = () => new SocketStream(socket as unknown as WebSocket);
  return new MqttClient(build as unknown as StreamBuilder, {
    clientId: "me",
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    keepalive: 0,
  });
};

/** Resolves when everything has been done that waits for nothing outside. */
export const pass = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
};
