import type { BrokerInfo } from "@chinwag/protocol";
import type { IClientOptions } from "mqtt";
import type { CacheStorage } from "./cache/cache-storage.ts";
import type { Outcome } from "./connection/outcome.ts";
import type { Notice } from "./notice.ts";
import type { OutboxStorage } from "./outbox/outbox-storage.ts";
import type { Connection } from "./state/model.ts";

/** The keep-alive timer of the MQTT library. */
export type KeepAliveTimer = Exclude<IClientOptions["timerVariant"], string | undefined>;

/** A file on its way to the server. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  /** Called with the share that has been sent, from 0 to 1. */
  onProgress(share: number): void;
  /** Aborts the request; the promise is then rejected. */
  readonly signal: AbortSignal;
}

/** Any response; the promise is rejected only if there is none. */
export interface Posted {
  readonly status: number;
  readonly body: string;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | null;
}

/**
 * What the environment notices: the network came back or went; the page became visible, or was restored from the
 * browser's cache.
 */
export type Signal = "online" | "offline" | "visible" | "shown";

/** What tabs of one browser tell each other. `signed_in`: a chat of `account` began. */
export type TabMessage =
  | { readonly type: "signed_in" | "signed_out"; readonly account: string }
  | { readonly type: "link"; readonly account: string; readonly link: LinkMessage };

/** What tabs that share a connection tell each other; the leading tab has the connection. */
export type LinkMessage =
  /** Asks the leading tab for its state. */
  | { readonly type: "ask" }
  /** Asks it to try again now. */
  | { readonly type: "retry" }
  | {
      readonly type: "state";
      readonly leader: string;
      readonly connection: Connection;
      readonly isUp: boolean;
      readonly broker: BrokerInfo | undefined;
    }
  | { readonly type: "packet"; readonly topic: string; readonly payload: Uint8Array }
  | { readonly type: "granted"; readonly filters: readonly string[] }
  | {
      readonly type: "publish";
      readonly from: string;
      /** Counts this tab's publishes. */
      readonly publish: number;
      readonly topic: string;
      readonly payload: string;
      readonly qos: 0 | 1;
    }
  | { readonly type: "published"; readonly to: string; readonly publish: number; readonly outcome: Outcome };

/** A part that only one tab has at a time. Tabs wait for it in turn. */
export interface Lead {
  /** Takes it from a tab that does not answer. */
  take(): void;
  /** Gives it up, or no longer waits for it. */
  release(): void;
}

export interface LeadHandlers {
  /** This tab has the part now. */
  granted(): void;
  /** Another tab has taken it; this one waits again. */
  lost(): void;
}

/** What lasts longer than the page or the process. */
export interface Storage {
  readonly outbox: OutboxStorage;
  readonly cache: CacheStorage;
}

/** Everything that the client needs from where it runs. `defaultPorts` run anywhere; browsers have more to offer. */
export interface Ports {
  readonly fetch: typeof fetch;
  /** Posts a file and reports progress, which fetch can't. */
  readonly post: (post: Post) => Promise<Posted>;
  /** Opens a WebSocket; without it, the MQTT library opens its own. */
  readonly createWebSocket?: (url: string, protocols: string[]) => unknown;
  /** Without it, the MQTT library uses intervals. */
  readonly keepAliveTimer?: () => KeepAliveTimer;
  /** Opens the storage. Never rejects: what can't be stored is kept in memory, with a notice. */
  readonly openStorage: (notice: (notice: Notice) => void) => Promise<Storage>;
  /** Runs `work` while nobody else, in this tab or another, holds `name`; others wait for it to finish. */
  readonly lock: (name: string, work: () => Promise<void>) => void;
  /** Waits to be the only tab that has the part `name`; missing where tabs can't agree on one. */
  readonly lead?: (name: string, handlers: LeadHandlers) => Lead;
  /** Calls `listener` with every signal; returns the function that stops it. */
  readonly signals: (listener: (signal: Signal) => void) => () => void;
  /** Connects to the other tabs that share this sign-in. */
  readonly tabs: (listener: (message: TabMessage) => void) => Tabs;
  /** Calls `listener` when the page is hidden or left, and may not be seen again; returns the function that stops it. */
  readonly onHidden: (listener: () => void) => () => void;
  /** Calls `work` soon: in a visible page with a frame, so that each frame draws once, and not with every frame. */
  readonly nextFrame: (work: () => void) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

export interface Tabs {
  /** Tells all other tabs. */
  tell(message: TabMessage): void;
  close(): void;
}
