import type { IClientOptions } from "mqtt";
import * as client from "mqtt/lib/client";
import { browserStreamBuilder } from "mqtt/lib/connect/ws";

/** The file is a CommonJS module, whose default import is all that it exports. */
const { default: MqttClient } = client.default as unknown as typeof client;

/**
 * What this page uses of MQTT.js: a client over a WebSocket. `build/mqtt.ts` puts it in the place of the library's own
 * bundle for browsers, which also has other transports, a SOCKS proxy and a worker for timers: it is larger by half.
 */
const connect = (url: string, given: IClientOptions): client.default => {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const options: IClientOptions = {
    ...given,
    protocol: protocol === "wss:" ? "wss" : "ws",
    hostname,
    path: pathname + search,
  };
  if (port) options.port = Number(port);
  return new MqttClient((mqtt) => browserStreamBuilder(mqtt, options), options);
};

export default { connect };
