import { figure } from "../figure";
import { heapMb } from "../page/devtools";
import { ARCHIVE, ARCHIVE_EVENTS, REPLY } from "../seed/names";

const SECONDS = Number(process.env.BENCH_SCROLL_SECONDS ?? 240);

export const scroll = figure({
  name: "scroll",
  scene: "archive",
  rounds: 1,
  lines: {
    passed: { label: `events scrolled past in ${SECONDS} s`, unit: "", atLeast: ARCHIVE_EVENTS },
    rate: { label: "frames a second while scrolling", unit: "", atLeast: 59 },
    late: { label: "frames that took more than 25 ms", unit: "%" },
    worst: { label: "longest frame while scrolling", unit: "ms" },
    heap: { label: "JavaScript heap afterwards", unit: "MB", atMost: 150 },
  },
  async measure(stand) {
    return stand.visit(ARCHIVE, { text: REPLY }, async (visit) => {
      const { frames, top } = await visit.page.evaluate(scrollUp, SECONDS * 1_000);
      if (top === undefined) throw new Error("after scrolling no message is in view");
      const time = frames.reduce((sum, frame) => sum + frame, 0);
      return {
        passed: [ARCHIVE_EVENTS - top],
        rate: [(1_000 * frames.length) / time],
        late: [(100 * frames.filter((frame) => frame > 25).length) / frames.length],
        worst: [frames.reduce((longest, frame) => Math.max(longest, frame), 0)],
        heap: [await heapMb(await visit.devtools())],
      };
    });
  },
});

/**
 * Runs in the page: scrolls up by half a screen in each frame, until the beginning of the room or until the time is
 * up. Returns the durations of the frames that moved, so that waiting for older messages does not count as smooth, and
 * the number of the topmost message.
 */
const scrollUp = async (limit: number): Promise<{ frames: number[]; top: number | undefined }> => {
  const frame = (): Promise<number> => new Promise(requestAnimationFrame);
  const topmost = (): number | undefined => {
    const number = /\((\d+)\)/.exec(window.bench.inView()[0]?.textContent ?? "")?.[1];
    return number === undefined ? undefined : Number(number);
  };
  const frames: number[] = [];
  const end = performance.now() + limit;
  let last = await frame();
  for (let box = window.bench.scroller(); last < end; ) {
    if (!box?.isConnected) box = window.bench.scroller();
    if (!box) break;
    const before = box.scrollTop;
    if (before < 1 && topmost() === 0) break;
    box.scrollTop = before - box.clientHeight / 2;
    const moved = box.scrollTop < before;
    const now = await frame();
    if (moved) frames.push(now - last);
    last = now;
  }
  return { frames, top: topmost() };
};
