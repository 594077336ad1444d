import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { post } from "./post.ts";

/** A request whose network does as it is told. */
class FakeRequest {
  static last: FakeRequest;
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  readonly headers: string[] = [];
  status = 0;
  responseText = "";
  onload = () => {};
  onloadend = () => {};
  onerror = () => {};
  onabort = () => {};
  constructor() {
    FakeRequest.last = this;
  }
  open(): void {}
  send(): void {}
  setRequestHeader(name: string, value: string): void {
    this.headers.push(`${name}: ${value}`);
  }
  getResponseHeader = (): string | null => "9";
  abort(): void {
    this.onabort();
    this.onloadend();
  }
}

describe("a posted file", () => {
  const shares: number[] = [];
  const stop = new AbortController();
  const posting = () =>
    post({
      url: "http://chat.example/media",
      headers: { authorization: "Bearer x" },
      body: new Blob(["tea"]),
      onProgress: (share) => shares.push(share),
      signal: stop.signal,
    });
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("XMLHttpRequest", FakeRequest);
    shares.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("tells its progress and any response", async () => {
    const posted = posting();
    const { last } = FakeRequest;
    last.upload.onprogress?.({ loaded: 1, total: 4 });
    Object.assign(last, { status: 502, responseText: "Bad gateway" });
    last.onload();
    last.onloadend();
    expect(await posted).toEqual({ status: 502, body: "Bad gateway", retryAfter: "9" });
    expect(shares).toEqual([0.25]);
    expect(last.headers).toEqual(["authorization: Bearer x"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is given up when nothing moves for a minute, not before", async () => {
    const outcome = vi.fn();
    const posted = posting().catch(outcome);
    for (let minute = 0; minute < 3; minute++) {
      await vi.advanceTimersByTimeAsync(59_999);
      FakeRequest.last.upload.onprogress?.({ loaded: minute, total: 4 });
    }
    expect(outcome).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    await posted;
    expect(outcome).toHaveBeenCalledOnce();
  });
});
