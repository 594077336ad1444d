import { setTimeout as pause } from "node:timers/promises";
import { figure } from "../figure";
import { roomName, SPEAKERS } from "../seed/names";
import { roomsIn } from "../seed/scenes";

const ROOMS = 100;

export const reconnect = figure({
  name: "reconnect",
  scene: "team",
  lines: {
    requests: { label: "reconnect with news in 100 rooms: HTTP requests", unit: "", atMost: 3 },
    time: { label: "… server is back → a new message is drawn", unit: "ms" },
  },
  async measure(stand) {
    const room = roomsIn("team") - 3;
    const before = `Before it goes down (${performance.now()})`;
    const after = `After it was up again (${performance.now()})`;
    const sender = await stand.sender(SPEAKERS[0]);
    await sender.say(roomName(room), before);
    await sender.end();
    return stand.visit(roomName(room), { text: before }, async (visit) => {
      let requests = 0;
      // Only those that were answered: attempts while the server is down cost it nothing.
      visit.page.on("response", () => (requests += 1));
      await stand.away(async (url) => {
        const elsewhere = await stand.sender(SPEAKERS[0], url);
        for (let other = 0; other < ROOMS; other += 1)
          await elsewhere.say(roomName(room - 1 - other), "News while you were away");
        await elsewhere.say(roomName(room), after);
        await elsewhere.end();
      });
      const back = await visit.now();
      const drawn = await visit.drawn({ text: after });
      let seen: number;
      do {
        seen = requests;
        await pause(3_000);
      } while (requests > seen);
      return { requests: [requests], time: [drawn - back] };
    });
  },
});
