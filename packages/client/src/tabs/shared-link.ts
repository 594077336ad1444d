import type { BrokerInfo } from "@chinwag/protocol";
import { Link, type LinkHandlers, type LinkOptions } from "../connection/link.ts";
import type { Outcome } from "../connection/outcome.ts";
import type { Lead, LinkMessage, Ports } from "../ports.ts";
import type { Connection } from "../state/model.ts";

interface Options extends LinkOptions, Pick<Ports, "lead"> {
  /** The account: tabs of one account share a connection. */
  readonly account: string;
  /** Tells the other tabs of this account; without it, this tab has a connection of its own. */
  readonly tell: ((message: LinkMessage) => void) | undefined;
}

/** Milliseconds for the leading tab to answer; without an answer it is frozen, and another tab takes over. */
const LEADER_PATIENCE = 3_000;
/** Milliseconds between two looks whether the leading tab is alive. */
const LOOK_EVERY = 10_000;

/**
 * The MQTT connection, shared by all tabs of an account. One tab leads: it has the connection, passes on what arrives,
 * and publishes for the others. When it closes or freezes, another one takes over with a connection of its own, as after
 * an interruption. Each tab keeps its own state; only the connection is shared.
 */
export class SharedLink {
  readonly #options: Options;
  readonly #handlers: LinkHandlers;
  /** Names this tab. */
  readonly #id: string;
  /** The connection, while this tab leads. */
  #link: Link | undefined;
  #lead: Lead | undefined;
  /** Whether another tab has asked for what arrives here. */
  #isFollowed = false;
  /** The leading tab, as far as it has been heard of; what an earlier one had not answered is lost. */
  #leader: string | undefined;
  #broker: BrokerInfo | undefined;
  #isUp = false;
  #state: Connection = "connecting";
  #published = 0;
  readonly #unanswered = new Map<number, (outcome: Outcome) => void>();
  #unlisten: (() => void) | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#id = options.random().toString(36).slice(2);
  }

  start(): void {
    const { lead, tell, account, signals } = this.#options;
    if (!lead || !tell) {
      this.#begin();
      return;
    }
    this.#lead = lead(`lead:${account}`, { granted: () => this.#begin(), lost: this.#follow });
    this.#unlisten = signals((signal) => signal !== "offline" && this.#ask());
    this.#look = setInterval(this.#ask, LOOK_EVERY);
    this.#ask();
  }

  stop(): void {
    this.#unlisten?.();
    clearInterval(this.#look);
    clearTimeout(this.#patience);
    const wasLeading = this.#link !== undefined;
    this.#end();
    if (wasLeading) this.#tellState();
    this.#lead?.release();
    this.#lead = undefined;
    this.#loseUnanswered();
  }

  retryNow = (): void => {
    if (this.#link) this.#link.retryNow();
    else this.#tell({ type: "retry" });
  };

  /** Whether this tab has the connection. */
  get leads(): boolean {
    return this.#link !== undefined;
  }

  get isUp(): boolean {
    return this.#link ? this.#link.isUp : this.#isUp;
  }

  get broker(): BrokerInfo | undefined {
    return this.#link?.broker ?? this.#broker;
  }

  /** Changes the subscriptions. All tabs of an account want the same ones, so the leading tab's count. */
  follow(filters: readonly string[]): void {
    this.#link?.follow(filters);
  }

  publish(topic: string, payload: string, qos: 0 | 1): Promise<Outcome> {
    if (this.#link) return this.#link.publish(topic, payload, qos);
    if (!this.#isUp) return Promise.resolve({ is: "lost" });
    this.#published += 1;
    const publish = this.#published;
    return new Promise((resolve) => {
      this.#unanswered.set(publish, resolve);
      this.#tell({ type: "publish", from: this.#id, publish, topic, payload, qos });
    });
  }

  /** Handles what another tab of this account tells. */
  told(message: LinkMessage): void {
    if (message.type === "ask") this.#asked();
    else if (message.type === "retry") this.#link?.retryNow();
    else if (message.type === "publish") void this.#publishFor(message);
    else if (message.type === "published") this.#answered(message);
    else if (this.#link) return;
    else if (message.type === "packet") this.#handlers.message(message.topic, message.payload);
    else if (message.type === "granted") this.#handlers.granted(message.filters);
    else this.#takeState(message);
  }

  // As the leading tab

  #begin(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#isUp = false;
    this.#loseUnanswered();
    const { message, granted, state, up } = this.#handlers;
    this.#link = new Link(this.#options, {
      ...this.#handlers,
      message: (topic, payload) => {
        message(topic, payload);
        // A copy: the payload is a part of a larger buffer, all of which would be passed on.
        if (this.#isFollowed) this.#tell({ type: "packet", topic, payload: new Uint8Array(payload) });
      },
      granted: (filters) => {
        granted(filters);
        this.#tell({ type: "granted", filters });
      },
      state: (connection) => {
        this.#state = connection;
        this.#tellState();
        state(connection);
      },
      up: () => {
        this.#tellState();
        up();
      },
    });
    this.#link.start();
  }

  #asked(): void {
    if (!this.#link) return;
    this.#isFollowed = true;
    this.#tellState();
  }

  #tellState(): void {
    const { isUp = false, broker } = this.#link ?? {};
    this.#tell({ type: "state", leader: this.#id, connection: this.#state, isUp, broker });
  }

  async #publishFor({
    from,
    publish,
    topic,
    payload,
    qos,
  }: LinkMessage & { type: "publish" }): Promise<void> {
    if (!this.#link) return;
    const outcome = await this.#link.publish(topic, payload, qos);
    this.#tell({ type: "published", to: from, publish, outcome });
  }

  #end(): void {
    this.#link?.stop();
    this.#link = undefined;
  }

  // As another tab

  /** Another tab took over, because this one did not answer. */
  #follow = (): void => {
    this.#end();
    this.#state = "connecting";
    this.#handlers.state("connecting");
    this.#ask();
  };

  /** Asks the leading tab for its state; one that is alive answers at once. */
  #ask = (): void => {
    if (this.#link || !this.#lead) return;
    this.#tell({ type: "ask" });
    this.#patience ??= setTimeout(() => {
      this.#patience = undefined;
      if (!this.#link) this.#lead?.take();
    }, LEADER_PATIENCE);
  };

  #takeState({ leader, connection, isUp, broker }: LinkMessage & { type: "state" }): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const isAnother = leader !== this.#leader;
    const wasUp = this.#isUp && !isAnother;
    this.#leader = leader;
    // It passes on what arrives from when it hears of another tab.
    if (isAnother) this.#tell({ type: "ask" });
    this.#broker = broker ?? this.#broker;
    this.#isUp = isUp;
    if (isAnother || !isUp) this.#loseUnanswered();
    const before = this.#state;
    this.#state = isUp ? "live" : connection;
    if (isUp && !wasUp) this.#handlers.up();
    else if (this.#state !== before) this.#handlers.state(this.#state);
  }

  #answered({ to, publish, outcome }: LinkMessage & { type: "published" }): void {
    if (to !== this.#id) return;
    this.#unanswered.get(publish)?.(outcome);
    this.#unanswered.delete(publish);
  }

  #loseUnanswered(): void {
    for (const resolve of this.#unanswered.values()) resolve({ is: "lost" });
    this.#unanswered.clear();
  }

  #tell(message: LinkMessage): void {
    this.#options.tell?.(message);
  }
}
