import type { BrokerInfo } from "@chinwag/protocol";
import { deviceTopic } from "@chinwag/protocol";
import type { IClientOptions, MqttClient } from "mqtt";
import { webSocketAddress } from "../api/address.ts";
import { currentOf, type Token } from "../api/http.ts";
import type { KeepAliveTimer, Ports, Signal } from "../ports.ts";
import type { Connection } from "../state/model.ts";
import { type Answer, failureIn, type Outcome } from "./outcome.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface LinkHandlers {
  /**
   * Fetches the broker's address and capabilities: for the first connection, and for a later one that can't be made with
   * what is known.
   */
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

export interface LinkOptions
  extends Pick<Ports, "createWebSocket" | "keepAliveTimer" | "signals" | "now" | "random"> {
  /** The server's address. */
  readonly url: string;
  /** The current token; another one counts from the next connection on. */
  readonly token: Token;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
/** Milliseconds after which a connection counts as stable: when it ends, the first retry is immediate. */
const STOOD = 5_000;
/** Milliseconds for an answer to a ping, when there is a reason to doubt the connection. */
const PING_PATIENCE = 3_000;

/**
 * The MQTT connection, reconnected until it is stopped. Each attempt uses a new client without any state of the
 * previous one: what must survive a connection is in the outbox.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  #client: MqttClient | undefined;
  #broker: BrokerInfo | undefined;
  /** The server's own broker, as it was when there last was a connection to it. */
  #known: BrokerInfo | undefined;
  /** Whether the next attempt asks for the broker although one is known. */
  #asks = false;
  #subscriptions: Subscriptions | undefined;
  #lost = new Set<() => void>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_PAUSE;
  /** Counts attempts; what an earlier one still brings is ignored. */
  #attempt = 0;
  /** Time at which it was subscribed. */
  #upSince: number | undefined;
  #timer: KeepAliveTimer | undefined;
  /** Runs while a ping that tests the connection has no answer. */
  #ping: ReturnType<typeof setTimeout> | undefined;
  #unlisten: (() => void) | undefined;

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  start(): void {
    this.#unlisten = this.#options.signals(this.#signal);
    void this.#connect();
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#drop();
  }

  /** Tries now: ends a pause, replaces an attempt that hangs, tests a connection. */
  retryNow = (): void => {
    if (this.#unlisten === undefined) return;
    if (this.isUp) {
      this.#test();
      return;
    }
    this.#drop();
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
        const answer = packet as Answer | undefined;
        if (!answer?.reasonCode) return lost();
        settle({ is: "refused", failure: failureIn(answer) });
      });
    });
  }

  /** A phone that slept or changed its network may have a connection that is only dead, and does not say so. */
  #signal = (signal: Signal): void => {
    if (signal === "offline") {
      if (this.#retry !== undefined) return;
      this.#drop();
      this.#waitAndTry(false);
    } else if (this.isUp) {
      this.#test();
    } else if (this.#retry !== undefined || signal === "online") {
      this.retryNow();
    }
  };

  /** Pings; without an answer in time, connects anew. */
  #test(): void {
    const client = this.#client;
    if (!client || this.#ping !== undefined) return;
    this.#ping = setTimeout(() => {
      this.#drop();
      void this.#connect();
    }, PING_PATIENCE);
    client.once("packetreceive", () => {
      clearTimeout(this.#ping);
      this.#ping = undefined;
    });
    client.sendPing();
  }

  async #connect(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#handlers.state("connecting");
    try {
      const [{ default: mqtt }, broker] = await Promise.all([import("mqtt"), this.#howToConnect()]);
      if (attempt !== this.#attempt) return;
      this.#broker = broker;
      const url = broker.url ?? webSocketAddress(this.#options.url);
      this.#begin(mqtt.connect(url, this.#mqttOptions(broker)), broker);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      // When the server is back, it may well be as before.
      this.#asks = false;
      this.#waitAndTry(false);
      this.#handlers.failed(error);
    }
  }

  /**
   * The server's own broker is where it was, after a restart too. It refuses a connection whose cookie or token is not
   * that of the user it names. An external broker knows neither, and may want another password each time.
   */
  #howToConnect(): BrokerInfo | Promise<BrokerInfo> {
    return this.#known && !this.#asks ? this.#known : this.#handlers.broker();
  }

  #mqttOptions(broker: BrokerInfo): IClientOptions {
    const { url, username, password = currentOf(this.#options.token) } = broker;
    const { createWebSocket, keepAliveTimer, random } = this.#options;
    const clientId = `web-${random().toString(36).slice(2, 14)}`;
    const options: IClientOptions = {
      protocolVersion: 5,
      clean: true,
      clientId,
      username,
      keepalive: 30,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      queueQoSZero: false,
    };
    if (createWebSocket) options.createWebsocket = createWebSocket;
    this.#timer ??= keepAliveTimer?.();
    if (this.#timer) options.timerVariant = this.#timer;
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
      if (broker.wildcards) await client.subscribeAsync("#", AFRESH);
      else await this.#subscribeByName(client);
    } catch {
      client.end(true);
      return;
    }
    if (client !== this.#client) return;
    this.#upSince = this.#options.now();
    this.#known = broker.url === undefined ? broker : undefined;
    this.#asks = false;
    this.#pause = FIRST_PAUSE;
    const { will } = client.options;
    if (will) client.publish(will.topic, "online", { qos: 1, retain: true });
    this.#handlers.up();
  }

  async #subscribeByName(client: MqttClient): Promise<void> {
    const subscriptions = new Subscriptions({
      subscribe: (filters) => subscribe(client, filters, this.isUp ? LATER : AFRESH),
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
    const { now } = this.#options;
    const stood = this.#upSince !== undefined && now() - this.#upSince >= STOOD;
    // Whatever the reason: it can no longer be reached by what is known.
    const asksNow = this.#upSince === undefined && this.#known !== undefined && !this.#asks;
    this.#drop();
    this.#asks ||= asksNow;
    if (asksNow) void this.#connect();
    else this.#waitAndTry(stood);
  }

  /**
   * Retries immediately after a stable connection (a broker may close one to apply changed permissions); otherwise with
   * an exponential backoff.
   */
  #waitAndTry(stood: boolean): void {
    const { random } = this.#options;
    const pause = stood ? random() * 200 : this.#pause * (0.75 + random() / 2);
    if (!stood) this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#connect();
    }, pause);
    this.#handlers.state("waiting");
  }

  /** Ends the connection, the attempt or the pause, without waiting for the other side. */
  #drop(): void {
    this.#attempt += 1;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    clearTimeout(this.#ping);
    this.#ping = undefined;
    this.#upSince = undefined;
    this.#subscriptions?.stop();
    this.#subscriptions = undefined;
    const client = this.#client;
    this.#client = undefined;
    client?.removeAllListeners("message");
    client?.end(true);
    for (const lost of [...this.#lost]) lost();
  }
}

/** Without retained messages: presence is all that is retained, and it is fetched once the connection is up. */
const AFRESH = { qos: 1, rh: 2 } as const;
/** A filter that is added later brings what is retained: the presence of a person who was not known before. */
const LATER = { qos: 1 } as const;

/** Subscribes; returns for each filter whether it was granted. */
const subscribe = async (
  client: MqttClient,
  filters: readonly string[],
  options: typeof AFRESH | typeof LATER,
): Promise<readonly boolean[]> => {
  try {
    await client.subscribeAsync([...filters], options);
    return filters.map(() => true);
  } catch (error) {
    const { packet } = error as { packet?: { granted?: number[] } };
    if (packet?.granted?.length !== filters.length) throw error;
    return packet.granted.map((code) => code < 0x80);
  }
};
