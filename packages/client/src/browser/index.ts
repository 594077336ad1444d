import { defaultPorts } from "../default-ports.ts";
import type { Ports } from "../ports.ts";
import { workerTimer } from "./clock.ts";
import { onHidden } from "./hidden.ts";
import { lead } from "./lead.ts";
import { nextFrame } from "./next-frame.ts";
import { keptAs } from "./page.ts";
import { post } from "./post.ts";
import { signals } from "./signals.ts";
import { openStorage } from "./storage.ts";
import { tabs } from "./tabs.ts";
import { createWebSocket } from "./web-socket.ts";

export { isAt, keptAs, pageServer, urlOf } from "./page.ts";
export { openStorage } from "./storage.ts";

/**
 * The ports of a browser page. `name` is that of its database and channel: pages of one origin that should not share an
 * outbox need different ones.
 */
export const browserPorts = (name = keptAs("chinwag")): Ports => ({
  ...defaultPorts(),
  post,
  createWebSocket,
  keepAliveTimer: workerTimer,
  openStorage: (notice) => openStorage(name, notice),
  lock,
  // Web Locks are missing on plain http: there, each tab has a connection of its own.
  ...(navigator.locks && { lead: (part, handlers) => lead(`${name}:${part}`, handlers) }),
  nextFrame,
  onHidden,
  signals,
  tabs: (listener) => tabs(name, listener),
});

/** Uses Web Locks if available; they are missing on plain http, where a duplicate send does no harm. */
const lock: Ports["lock"] = (name, work) => {
  const held = navigator.locks ? navigator.locks.request(name, work) : work();
  // A page that is being closed loses its locks; another page takes over.
  held.catch(() => {});
};
