import type { KeepAliveTimer } from "../ports.ts";

let timer: KeepAliveTimer | undefined;

/** The timer of this page: one worker serves every chat that begins here. */
export const workerTimer = (): KeepAliveTimer => {
  timer ??= startTimer();
  return timer;
};

/**
 * The MQTT library's keep-alive timer, in a worker of our own: the library starts its worker from a blob, which the
 * server's Content-Security-Policy forbids.
 */
const startTimer = (): KeepAliveTimer => {
  const worker = new Worker(new URL("./clock.worker.js", import.meta.url), { type: "module" });
  const callbacks = new Map<number, () => void>();
  let last = 0;
  worker.onmessage = ({ data }: MessageEvent<number>) => callbacks.get(data)?.();
  return {
    set: (callback, every) => {
      last += 1;
      callbacks.set(last, callback as () => void);
      worker.postMessage({ id: last, every });
      return last;
    },
    clear: (id) => {
      callbacks.delete(id as number);
      worker.postMessage({ id });
    },
  };
};
