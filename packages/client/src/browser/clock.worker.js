/** Intervals that run in hidden tabs too, where browsers throttle a page's own intervals to one per minute. */
/** @type {Map<number, ReturnType<typeof setInterval>>} */
const running = new Map();

// Plain JavaScript, because its file is named by an address that no compiler rewrites.
/** @param {MessageEvent<{ id: number, every?: number }>} message */
self.onmessage = ({ data }) => {
  clearInterval(running.get(data.id));
  running.delete(data.id);
  if (data.every !== undefined) {
    running.set(
      data.id,
      setInterval(() => self.postMessage(data.id), data.every),
    );
  }
};
