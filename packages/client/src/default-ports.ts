import { noCache } from "./cache/cache-storage.ts";
import { memoryOutbox } from "./outbox/outbox-storage.ts";
import type { Ports, Post, Posted, Storage } from "./ports.ts";

/** Ports that run anywhere, for example in Node: the outbox lasts as long as the process. */
export const defaultPorts = (): Ports => ({
  fetch: (input, init) => fetch(input, init),
  post,
  openStorage: async () => memoryStorage(),
  onHidden: () => () => {},
  lock: (_, work) => void work().catch(() => {}),
  signals: () => () => {},
  tabs: () => ({ tell: () => {}, close: () => {} }),
  nextFrame: queueMicrotask,
  now: Date.now,
  random: Math.random,
});

/** A storage that lasts as long as the page or the process. */
export const memoryStorage = (): Storage => ({ outbox: memoryOutbox(), cache: noCache() });

const post = async ({ url, headers, body, onProgress, signal }: Post): Promise<Posted> => {
  const response = await fetch(url, { method: "POST", headers, body, signal });
  const text = await response.text();
  onProgress(1);
  return { status: response.status, body: text, retryAfter: response.headers.get("retry-after") };
};
