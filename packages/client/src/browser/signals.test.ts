import { afterEach, describe, expect, it, vi } from "vitest";
import { signals } from "./signals.ts";

describe("the signals of a browser", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("are those that say something about the network, until they are not wanted any more", () => {
    const window = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    vi.stubGlobal("document", document);
    const heard: string[] = [];
    const stop = signals((signal) => heard.push(signal));
    const happen = () => {
      window.dispatchEvent(new Event("offline"));
      window.dispatchEvent(new Event("online"));
      window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
      window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
      document.visibilityState = "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
      document.visibilityState = "visible";
      document.dispatchEvent(new Event("visibilitychange"));
    };
    happen();
    expect(heard).toEqual(["offline", "online", "shown", "visible"]);
    stop();
    happen();
    expect(heard).toHaveLength(4);
  });
});
