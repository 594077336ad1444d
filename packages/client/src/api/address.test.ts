import { describe, expect, it } from "vitest";
import { addressOf, webSocketAddress } from "./address.ts";

describe("addresses", () => {
  it.each(["https://example.org", "https://example.org/chat", "https://example.org/a/b"])(
    "are under %s, with or without a slash at its end",
    (root) => {
      for (const base of [root, `${root}/`]) {
        expect(addressOf(base, "/rooms/team/a%23b?limit=1")).toBe(`${root}/rooms/team/a%23b?limit=1`);
        expect(webSocketAddress(base)).toBe(`${root.replace("https", "wss")}/mqtt`);
      }
    },
  );

  it("use a WebSocket without TLS where HTTP has none", () => {
    expect(webSocketAddress("http://127.0.0.1:8080")).toBe("ws://127.0.0.1:8080/mqtt");
  });
});
