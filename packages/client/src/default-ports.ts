import { memoryStorage } from "./outbox/outbox-storage.ts";
import type { Ports, Post, Posted } from "./ports.ts";

/** Ports that run anywhere, for example in Node: the outbox lasts as long as the process. */
export const defaultPorts = (): Ports => ({
  fetch: (input, init) => fetch(input, init),
  post,
  openStorage: async () => memoryStorage(),
  lock: (_, work) => void work().catch(() => {}),
  signals: () => () => {},
  tabs: () => ({ tell: () => {}, close: () => {} }),
  nextFrame: queueMicrotask,
  now: Date.now,
  random: Math.random,
});

const post = async ({ url, headers, body, onProgress, signal }: Post): Promise<Posted> => {
  const response = await fetch(url, { method: "POST", headers, body, signal });
  const text = await response.text();
  onProgress(1);
  return { status: response.status, body: text, retryAfter: response.headers.get("retry-after") };
};
