/** Intervals that run in hidden tabs too, where browsers throttle a page's own intervals to one per minute. */
const running = new Map<number, ReturnType<typeof setInterval>>();

self.onmessage = ({ data }: MessageEvent<{ id: number; every?: number }>) => {
  clearInterval(running.get(data.id));
  running.delete(data.id);
  if (data.every !== undefined) {
    running.set(
      data.id,
      setInterval(() => self.postMessage(data.id), data.every),
    );
  }
};
