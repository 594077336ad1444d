import type { IClientOptions } from "mqtt";
import * as client from "mqtt/lib/client";
import type { StreamBuilder } from "mqtt/lib/shared";
import { writeToStream } from "mqtt-packet";
import { SocketStream } from "./socket-stream";

/** The file is a CommonJS module, whose default import is all that it exports. */
const { default: MqttClient } = client.default as unknown as typeof client;

// Otherwise it makes 65,536 buffers before the first packet: one for each number that it may ever write.
writeToStream.cacheNumbers = false;

/** `Link` gives no other options for WebSockets. */
const open = (url: string, { createWebsocket }: IClientOptions): WebSocket =>
  createWebsocket?.(url, ["mqtt"], {}) ?? new WebSocket(url, ["mqtt"]);

/**
 * What this page uses of MQTT.js: a client over a WebSocket. `build/mqtt.ts` puts it in the place of the library's own
 * bundle for browsers, which also has other transports, Node's streams, a SOCKS proxy and a worker for timers: it is
 * twice as large.
 */
const connect = (url: string, options: IClientOptions): client.default => {
  const build = () => new SocketStream(open(url, options));
  return new MqttClient(build as unknown as StreamBuilder, options);
};

export default { connect };
