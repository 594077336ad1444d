import type { Messages, Room } from "@chinwag/protocol";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { world } from "./support/world";

const LINES = 300;
const ORIGINAL = 100;
const REPLY = "as I said";
/** Milliseconds by which a busy machine measures rows too late: longer than the list waits for it. */
const LATE = 400;

describe("a jump to a message far back", () => {
  const here = world("ana", "bo");

  beforeAll(async () => {
    const script = await here.script("bo");
    for (let line = 0; line < LINES; line += 1)
      await script.say("general", line % 3 === 0 ? `line ${line}.\n\nwith more\n\nto say` : `line ${line}.`);
    const { messages } = await script.get<Messages>(`/messages/general?after=${ORIGINAL}&limit=1`);
    await script.post("/message", { topic: "general", text: REPLY, original_message: messages[0]?.seq });
    const ana = await here.script("ana");
    const { last_seq } = await ana.get<Room>("/rooms/general");
    await ana.post("/read/general", { seq: last_seq });
  });

  it("ends there, however late its surroundings are measured", async () => {
    const ana = await here.person("ana");
    await measuresLate(ana.page);
    await ana.page.reload();
    await ana.enter(/general/i);
    const quote = ana.message(REPLY).getByRole("button").first();
    const text = /line \d+\./.exec((await quote.textContent()) ?? "")?.[0] ?? "";
    await quote.click();
    const original = ana.message(text).filter({ hasNotText: REPLY });
    await original.waitFor();
    const place = await original.evaluate(rests, 3 * LATE);
    const box = await ana.log.evaluate((element) => element.getBoundingClientRect());
    expect(place.top).toBeGreaterThan(box.top);
    expect(place.bottom).toBeLessThan(box.bottom);
  });
});

/** Resolves to the element's place, once it has been the same for so many milliseconds. */
const rests = async (element: Element, calm: number): Promise<DOMRect> => {
  let place = element.getBoundingClientRect();
  for (let since = performance.now(); performance.now() - since < calm; ) {
    await new Promise(requestAnimationFrame);
    const now = element.getBoundingClientRect();
    if (now.top !== place.top) since = performance.now();
    place = now;
  }
  return place;
};

/** Rows are told their sizes late, as on a machine that is busy. */
const measuresLate = async (page: Page): Promise<void> => {
  await page.addInitScript((late) => {
    const Measured = window.ResizeObserver;
    window.ResizeObserver = class extends Measured {
      constructor(told: ResizeObserverCallback) {
        super((entries, observer) => setTimeout(() => told(entries, observer), late));
      }
    };
  }, LATE);
};
