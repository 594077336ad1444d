/** What {@link install} puts into the page as `window.bench`. Times are in milliseconds since the navigation began. */
export interface Recorder {
  /** When the message that {@link Expectation} names was drawn for the first time. */
  readonly opened: Promise<number>;
  /** Resolves to the time after the paint in which a message with this text is in view. */
  drawn(expected: Expectation): Promise<number>;
  /** When the last click happened; the browser's own time, before any code of the page ran. */
  clickedAt: number;
  readonly longTasks: { readonly at: number; readonly duration: number }[];
  readonly shifts: { readonly at: number; readonly value: number }[];
  /** Milliseconds from each key press to the frame that shows it. */
  readonly typing: number[];
  /** Resolves after the next paint. */
  painted(): Promise<number>;
  /** The messages in view, from top to bottom. */
  inView(): Element[];
  /** What the messages scroll in. */
  scroller(): Element | undefined;
}

export interface Expectation {
  readonly text: string;
  /** Not this message, which quotes the text. */
  readonly not?: string;
}

declare global {
  interface Window {
    bench: Recorder;
  }
}

/** Runs in the page before its own scripts. It must not refer to anything outside itself. */
export const install = ({ message, first }: { message: string; first: Expectation }): void => {
  const scroller = (): Element | undefined => {
    let box = document.querySelector(message)?.parentElement;
    while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
    return box ?? undefined;
  };

  const inView = (): Element[] => {
    const frame = scroller()?.getBoundingClientRect();
    if (!frame) return [];
    return [...document.querySelectorAll(message)].filter((element) => {
      const { top, bottom, height } = element.getBoundingClientRect();
      const middle = (top + bottom) / 2;
      const inside = height > 0 && middle > frame.top && middle < frame.bottom;
      return inside && element.checkVisibility({ visibilityProperty: true });
    });
  };

  /** Resolves within a frame's callbacks, before its paint. */
  const frame = (): Promise<number> => new Promise(requestAnimationFrame);

  /** Called before a paint, it resolves after it. */
  const afterPaint = (): Promise<number> =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      port2.postMessage(undefined);
    });

  const painted = (): Promise<number> => frame().then(afterPaint);

  const drawn = async ({ text, not }: Expectation): Promise<number> => {
    const isIt = ({ textContent }: Element) =>
      textContent.includes(text) && (not === undefined || !textContent.includes(not));
    do await frame();
    while (!inView().some(isIt));
    return afterPaint();
  };

  const longTasks: { at: number; duration: number }[] = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) longTasks.push({ at: startTime, duration });
  }).observe({ type: "longtask", buffered: true });

  const shifts: { at: number; value: number }[] = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      shifts.push({ at: entry.startTime, value: (entry as PerformanceEntry & { value: number }).value });
  }).observe({ type: "layout-shift", buffered: true });

  const typing: number[] = [];
  let pressedAt: number | undefined;
  addEventListener("keydown", (event) => (pressedAt = event.timeStamp), true);
  addEventListener(
    "input",
    () => {
      const since = pressedAt;
      if (since !== undefined) void painted().then((now) => typing.push(now - since));
    },
    true,
  );

  window.bench = {
    opened: drawn(first),
    drawn,
    clickedAt: 0,
    longTasks,
    shifts,
    typing,
    painted,
    inView,
    scroller,
  };
  addEventListener("click", (event) => (window.bench.clickedAt = event.timeStamp), true);
};
