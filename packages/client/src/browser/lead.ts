import type { Lead, LeadHandlers } from "../ports.ts";

/**
 * A part that one tab has at a time, by a Web Lock: it is free as soon as the tab that has it is closed, however that
 * happens.
 */
export const lead = (name: string, handlers: LeadHandlers): Lead => {
  let waiting = new AbortController();
  let release = () => {};
  let isOver = false;

  const request = (options: LockOptions) => {
    let isHeld = false;
    const hold = () => {
      if (isOver) return undefined;
      isHeld = true;
      return new Promise<void>((done) => {
        release = done;
        handlers.granted();
      });
    };
    navigator.locks.request(name, options, hold).catch(() => {
      // It is rejected when another tab steals the lock, and when this tab no longer waits for it.
      if (!isHeld || isOver) return;
      handlers.lost();
      wait();
    });
  };
  const wait = () => {
    waiting = new AbortController();
    request({ signal: waiting.signal });
  };

  wait();
  return {
    take: () => {
      waiting.abort();
      request({ steal: true });
    },
    release: () => {
      isOver = true;
      waiting.abort();
      release();
    },
  };
};
