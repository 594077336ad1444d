import { setLanguage } from "@chinwag/react/language";
import { expect, it } from "vitest";
import { browserOf } from "./this-browser.ts";

const KIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

it.each([
  [`Mozilla/5.0 (X11; Linux x86_64) ${KIT} Chrome/142.0.0.0 Safari/537.36`, "Chrome on Linux"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/142.0 Safari/537.36 Edg/142.0`,
    "Edge on Windows",
  ],
  [`Mozilla/5.0 (Linux; Android 14; K) ${KIT} Chrome/142.0 Mobile Safari/537.36`, "Chrome on Android"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Version/18.5 Mobile/15E Safari/604.1",
    "Safari on iPhone",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18 Safari/605.1",
    "Safari on macOS",
  ],
  ["curl/8", "Browser"],
])("%s is %s", (agent, name) => {
  expect(browserOf(agent)).toBe(name);
});

it("has no invisible characters in any language, which the server would refuse", async () => {
  await setLanguage("ar");
  expect(browserOf(`Mozilla/5.0 (X11; Linux x86_64) ${KIT} Chrome/142.0.0.0 Safari/537.36`)).toBe(
    "Chrome على Linux",
  );
  await setLanguage("en");
});
