import { setTimeout as pause } from "node:timers/promises";
import { figure } from "../figure";
import { lastWord, roomName, SPEAKERS } from "../seed/names";
import { roomsIn } from "../seed/scenes";

export const crowd = figure({
  name: "crowd",
  scene: "crowd",
  lines: {
    open: { label: "10,000 people and 1,000 rooms: open cold", unit: "ms" },
    opening: { label: "… longest task of the opening", unit: "ms", atMost: 50 },
    idle: { label: "… longest task while idle for 5 s", unit: "ms", atMost: 50 },
    news: { label: "… longest task for a message in another room", unit: "ms", atMost: 50 },
    shift: { label: "… layout shift", unit: "", atMost: 0 },
  },
  async measure(stand) {
    const room = roomsIn("crowd") - 1;
    const sender = await stand.sender(SPEAKERS[0]);
    const samples = await stand.visit(roomName(room), { text: lastWord(room) }, async (visit) => {
      const opening = await visit.longTasksSince(0);
      const idleSince = await visit.now();
      await pause(5_000);
      const idle = await visit.longTasksSince(idleSince);
      const newsSince = await visit.now();
      await sender.say(roomName(room - 5), "News from another room");
      await pause(2_000);
      const news = await visit.longTasksSince(newsSince);
      const shift = await visit.shiftSince(0);
      return {
        open: [visit.openedAfter],
        opening: longest(opening),
        idle: longest(idle),
        news: longest(news),
        shift: [shift],
      };
    });
    await sender.end();
    return samples;
  },
});

/** Shorter tasks than 50 ms are not reported by the browser, and count as 0. */
const longest = (tasks: readonly number[]): number[] => [Math.max(0, ...tasks)];
