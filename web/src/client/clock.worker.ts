/** Intervals that tick in hidden tabs too, where a page's own are slowed to one a minute. */
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
