import { EventEmitter } from "node:events";
import type { IClientOptions } from "mqtt";

type Acknowledge = (error?: Error, packet?: object) => void;

/**
 * The MQTT library's client over a network that does as it is told. Like a real one on a dead network, `end` closes
 * nothing by itself.
 */
export class FakeClient extends EventEmitter {
  readonly url: string;
  readonly options: IClientOptions;
  readonly subscribed: { filters: string | string[]; options: object }[] = [];
  readonly published: { topic: string; payload: string; acknowledge: Acknowledge }[] = [];
  pings = 0;
  isEnded = false;

  constructor(url: string, options: IClientOptions) {
    super();
    this.url = url;
    this.options = options;
  }

  subscribeAsync(filters: string | string[], options: object): Promise<void> {
    this.subscribed.push({ filters, options });
    return Promise.resolve();
  }

  unsubscribe(): void {}

  publish(topic: string, payload: string, _: object, acknowledge: Acknowledge = () => {}): void {
    this.published.push({ topic, payload, acknowledge });
  }

  sendPing(): void {
    this.pings += 1;
  }

  end(): void {
    this.isEnded = true;
  }
}

/** All clients of a test, in the order in which they connected. */
export const clients: FakeClient[] = [];

/** Whether the broker accepts who connects; as a real one, it refuses with a reason code and closes. */
export const broker = { accepts: (_: IClientOptions): boolean => true };

const refuse = (client: FakeClient): void => {
  client.emit("error", Object.assign(new Error("Connection refused"), { code: 0x86 }));
  client.emit("close");
};

export default {
  connect: (url: string, options: IClientOptions): FakeClient => {
    const client = new FakeClient(url, options);
    clients.push(client);
    if (!broker.accepts(options)) queueMicrotask(() => refuse(client));
    return client;
  },
};
