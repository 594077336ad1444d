import { describe, expect, it } from "vitest";
import { watchKeyboard } from "./watch-keyboard.ts";

/** A phone's window of 800 pixels. */
const setUp = () => {
  const set = new Map<string, string>();
  const seen = Object.assign(new EventTarget(), { height: 800, offsetTop: 0, scale: 1 });
  let fits = 0;
  const stop = watchKeyboard({
    seen: seen as unknown as VisualViewport,
    height: () => 800,
    style: {
      setProperty: (name: string, value: string | null) => void set.set(name, value ?? ""),
      removeProperty: (name: string) => (set.delete(name) ? name : ""),
    },
    fitted: () => {
      fits += 1;
    },
  });
  const becomes = (change: Partial<typeof seen>, event = "resize") => {
    Object.assign(seen, change);
    seen.dispatchEvent(new Event(event));
  };
  return { set, becomes, stop, fits: () => fits };
};

describe("an on-screen keyboard", () => {
  it("leaves the page the part that it does not cover, until it is gone", () => {
    const { set, becomes, fits } = setUp();
    expect(set.size).toBe(0);
    becomes({ height: 460 });
    expect(Object.fromEntries(set)).toEqual({
      "--window-height": "460px",
      "--window-top": "0px",
      "--window-bottom": "340px",
      "--safe-bottom": "0px",
    });
    expect(fits()).toBe(1);
    becomes({ height: 800 });
    expect(set.size).toBe(0);
  });

  it("may push the page up, which then follows", () => {
    const { set, becomes } = setUp();
    becomes({ height: 460 });
    becomes({ offsetTop: 120 }, "scroll");
    expect(set.get("--window-top")).toBe("120px");
    expect(set.get("--window-bottom")).toBe("220px");
  });

  it("is neither a bar of the browser nor a page that somebody has zoomed in on", () => {
    const { set, becomes } = setUp();
    becomes({ height: 740 });
    expect(set.size).toBe(0);
    becomes({ height: 400, scale: 2 });
    expect(set.size).toBe(0);
  });

  it("is not looked for any more afterwards", () => {
    const { set, becomes, stop } = setUp();
    stop();
    becomes({ height: 460 });
    expect(set.size).toBe(0);
  });
});
