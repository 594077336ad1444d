import type { KeepAliveTimer } from "../ports.ts";

let timer: KeepAliveTimer | undefined;

/** The timer of this page: one worker serves every chat that begins here. */
export const workerTimer = (): KeepAliveTimer => {
  timer ??= startTimer();
  return timer;
};

/** Something that calls back by number at intervals. */
interface Clock {
  set(id: number, every: number): void;
  clear(id: number): void;
}

/**
 * The MQTT library's keep-alive timer, in a worker of our own: the library starts its worker from a blob, which the
 * server's Content-Security-Policy forbids. Where there can be no worker, because of another page's policy or because its
 * bundler did not deliver the file, the page's own intervals have to do.
 */
export const startTimer = (): KeepAliveTimer => {
  const running = new Map<number, { callback: () => void; every: number }>();
  const tick = (id: number): void => running.get(id)?.callback();
  const fallBack = (): void => {
    clock = pageClock(tick);
    for (const [id, { every }] of running) clock.set(id, every);
  };
  let clock = workerClock(tick, fallBack) ?? pageClock(tick);
  let last = 0;
  return {
    set: (callback, every = 0) => {
      last += 1;
      running.set(last, { callback: callback as () => void, every });
      clock.set(last, every);
      return last;
    },
    clear: (id) => {
      running.delete(id as number);
      clock.clear(id as number);
    },
  };
};

const workerClock = (tick: (id: number) => void, failed: () => void): Clock | undefined => {
  let worker: Worker;
  try {
    worker = new Worker(new URL("./clock.worker.js", import.meta.url), { type: "module" });
  } catch {
    return undefined;
  }
  worker.onmessage = ({ data }: MessageEvent<number>) => tick(data);
  worker.onerror = failed;
  return {
    set: (id, every) => worker.postMessage({ id, every }),
    clear: (id) => worker.postMessage({ id }),
  };
};

const pageClock = (tick: (id: number) => void): Clock => {
  const intervals = new Map<number, ReturnType<typeof setInterval>>();
  return {
    set: (id, every) =>
      intervals.set(
        id,
        setInterval(() => tick(id), every),
      ),
    clear: (id) => {
      clearInterval(intervals.get(id));
      intervals.delete(id);
    },
  };
};
