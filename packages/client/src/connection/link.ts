import type { BrokerInfo } from "@chinwag/protocol";
import { deviceTopic } from "@chinwag/protocol";
import type { IClientOptions, MqttClient } from "mqtt";
import { webSocketUrl } from "../api/address.ts";
import { sentence } from "../api/http.ts";
import type { Connection } from "../state/model.ts";
import { workerTimer } from "./clock.ts";
import { Subscriptions } from "./subscriptions.ts";

/**
 * The result of a publish. `taken`: the broker has it, and the server's result arrives separately. `lost`: unknown;
 * only a repetition with the same key can tell.
 */
export type Outcome = { is: "stored" | "taken" | "lost" } | { is: "refused"; detail: string };

interface Handlers {
  /** Fetches the broker's address and capabilities; called for every connection. */
  broker(): Promise<BrokerInfo>;
  /** Resolves to the filters to subscribe to, for a broker without wildcards. */
  filters(): Promise<readonly string[]>;
  /** Called when subscribed: from now on no message is missed. */
  up(): void;
  /** Called when later filters are granted: from now on no message on them is missed. */
  granted(filters: readonly string[]): void;
  state(connection: Connection): void;
  message(topic: string, payload: Uint8Array): void;
  /** Called when the broker's address could not be fetched, for example because I am signed out. */
  failed(error: unknown): void;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
/** Milliseconds after which a connection counts as stable: when it ends, the first retry is immediate. */
const STOOD = 5_000;

/** Drops writes to a closing connection without a console error; they are repeated on the next connection. */
class Socket extends WebSocket {
  override send(data: BufferSource): void {
    if (this.readyState === WebSocket.OPEN) super.send(data);
  }
}

/**
 * The MQTT connection, reconnected until it is stopped. Each attempt uses a new client without any state of the
 * previous one: what must survive a connection is in the outbox.
 */
export class Link {
  readonly #handlers: Handlers;
  #client: MqttClient | undefined;
  #broker: BrokerInfo | undefined;
  #subscriptions: Subscriptions | undefined;
  #lost = new Set<() => void>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_PAUSE;
  #wanted = false;
  /** Time at which it was subscribed. */
  #upSince: number | undefined;
  #timer: ReturnType<typeof workerTimer> | undefined;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  start(): void {
    this.#wanted = true;
    addEventListener("online", this.retryNow);
    void this.#connect();
  }

  stop(): void {
    this.#wanted = false;
    removeEventListener("online", this.retryNow);
    clearTimeout(this.#retry);
    this.#client?.end(true);
    this.#down();
  }

  /** Retries immediately instead of after the backoff. */
  retryNow = (): void => {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#pause = FIRST_PAUSE;
    void this.#connect();
  };

  get isUp(): boolean {
    return this.#upSince !== undefined;
  }

  /** The latest information about the broker. */
  get broker(): BrokerInfo | undefined {
    return this.#broker;
  }

  /** Changes the subscriptions after my rooms or the people in them have changed. */
  follow(filters: readonly string[]): void {
    // It fails only if the connection is lost, which `#closed` handles.
    if (this.isUp) this.#subscriptions?.follow(filters).catch(() => {});
  }

  publish(topic: string, payload: string, qos: 0 | 1): Promise<Outcome> {
    const client = this.#client;
    if (!client || !this.isUp) return Promise.resolve({ is: "lost" });
    const acknowledged = this.#broker?.stored_on_ack ? "stored" : "taken";
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        this.#lost.delete(lost);
        resolve(outcome);
      };
      const lost = () => settle({ is: "lost" });
      this.#lost.add(lost);
      client.publish(topic, payload, { qos }, (error, packet) => {
        if (!error) return settle({ is: acknowledged });
        const answer = packet as { reasonCode?: number; properties?: { reasonString?: string } } | undefined;
        if (!answer?.reasonCode) return lost();
        settle({
          is: "refused",
          detail: sentence(inWords(answer.properties?.reasonString) ?? error.message),
        });
      });
    });
  }

  async #connect(): Promise<void> {
    this.#handlers.state("connecting");
    try {
      const [{ default: mqtt }, broker] = await Promise.all([import("mqtt"), this.#handlers.broker()]);
      if (!this.#wanted) return;
      this.#broker = broker;
      this.#begin(mqtt.connect(broker.url ?? webSocketUrl(), this.#options(broker)), broker);
    } catch (error) {
      if (!this.#wanted) return;
      this.#waitAndTry(false);
      this.#handlers.failed(error);
    }
  }

  #options({ url, username, password }: BrokerInfo): IClientOptions {
    this.#timer ??= workerTimer();
    const clientId = `web-${Math.random().toString(36).slice(2, 14)}`;
    const options: IClientOptions = {
      protocolVersion: 5,
      clean: true,
      clientId,
      username,
      keepalive: 30,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      queueQoSZero: false,
      timerVariant: this.#timer,
      createWebsocket: (url, protocols) => new Socket(url, protocols),
    };
    if (password !== undefined) options.password = password;
    // The embedded broker knows who is connected. On an external broker, the client publishes its presence, with a
    // will.
    if (url !== undefined)
      options.will = { topic: deviceTopic(username, clientId), payload: "", qos: 1, retain: true };
    return options;
  }

  #begin(client: MqttClient, broker: BrokerInfo): void {
    this.#client = client;
    client.on("message", (topic, payload) => this.#handlers.message(topic, payload));
    client.on("connect", () => void this.#subscribe(client, broker));
    // Every failure closes the connection, which `#closed` handles.
    client.on("error", () => client.end(true));
    client.once("close", () => this.#closed(client));
  }

  async #subscribe(client: MqttClient, broker: BrokerInfo): Promise<void> {
    try {
      // If wildcards are granted, one subscription covers all my rooms, including those that I join later.
      if (broker.wildcards) await client.subscribeAsync("#", { qos: 1 });
      else await this.#subscribeByName(client);
    } catch {
      client.end(true);
      return;
    }
    if (client !== this.#client) return;
    this.#upSince = Date.now();
    this.#pause = FIRST_PAUSE;
    const { will } = client.options;
    if (will) client.publish(will.topic, "online", { qos: 1, retain: true });
    this.#handlers.up();
  }

  async #subscribeByName(client: MqttClient): Promise<void> {
    const subscriptions = new Subscriptions({
      subscribe: (filters) => subscribe(client, filters),
      unsubscribe: (filters) => void client.unsubscribe([...filters]),
      granted: (filters) => this.isUp && this.#handlers.granted(filters),
    });
    const filters = await this.#handlers.filters();
    if (client !== this.#client) return;
    this.#subscriptions = subscriptions;
    await subscriptions.follow(filters);
  }

  #closed(client: MqttClient): void {
    if (client !== this.#client) return;
    const stood = this.#upSince !== undefined && Date.now() - this.#upSince >= STOOD;
    this.#down();
    if (this.#wanted) this.#waitAndTry(stood);
  }

  /**
   * Retries immediately after a stable connection (a broker may close one to apply changed permissions); otherwise with
   * an exponential backoff.
   */
  #waitAndTry(stood: boolean): void {
    const pause = stood ? Math.random() * 200 : this.#pause * (0.75 + Math.random() / 2);
    if (!stood) this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#connect();
    }, pause);
    this.#handlers.state("waiting");
  }

  #down(): void {
    this.#upSince = undefined;
    this.#subscriptions?.stop();
    this.#subscriptions = undefined;
    this.#client?.removeAllListeners("message");
    this.#client = undefined;
    for (const lost of [...this.#lost]) lost();
  }
}

/** Subscribes; returns for each filter whether it was granted. */
const subscribe = async (client: MqttClient, filters: readonly string[]): Promise<readonly boolean[]> => {
  try {
    await client.subscribeAsync([...filters], { qos: 1 });
    return filters.map(() => true);
  } catch (error) {
    const { packet } = error as { packet?: { granted?: number[] } };
    if (packet?.granted?.length !== filters.length) throw error;
    return packet.granted.map((code) => code < 0x80);
  }
};

/** Returns the detail of a reason string of the form `code: detail`. */
const inWords = (reason: string | undefined): string | undefined => reason?.replace(/^[a-z_]+: /, "");
