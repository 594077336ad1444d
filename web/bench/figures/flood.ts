import { setTimeout as pause } from "node:timers/promises";
import type { CDPSession } from "playwright-core";
import { figure } from "../figure";
import { countCpu, cpuMs } from "../page/devtools";
import { composer } from "../page/selectors";
import type { Visit } from "../page/visit";
import { roomName, SPEAKERS } from "../seed/names";
import { roomsIn } from "../seed/scenes";
import type { Sender } from "../seed/sender";
import { text } from "../seed/words";

const PER_SECOND = 50;
const SECONDS = 10;
const MESSAGES = PER_SECOND * SECONDS;
const KEYS_PER_SECOND = 8;

/** Messages come in as fast as a busy room's ever do: first while nothing else happens, then while somebody types. */
export const flood = figure({
  name: "flood",
  scene: "team",
  lines: {
    typing: { label: "50 messages a second, 200 rooms: typing, key → frame, p95", unit: "ms", atMost: 50 },
    longest: { label: "… longest task", unit: "ms", atMost: 50 },
    long: { label: "… tasks of more than 50 ms, in all, in 20 s", unit: "ms", atMost: 0 },
    cpu: { label: "… main thread's CPU per message, without typing", unit: "ms", atMost: 2 },
    shift: { label: "… layout shift", unit: "", atMost: 0 },
  },
  async measure(stand) {
    const room = roomsIn("team") - 2;
    const begin = `Before the flood (${performance.now()})`;
    const sender = await stand.sender(SPEAKERS[1]);
    await sender.say(roomName(room), begin);
    await sender.stored();
    const samples = await stand.visit(roomName(room), { text: begin }, async (visit) => {
      const since = await visit.now();
      const devtools = await visit.devtools();
      const cpu = await cpuOfFlood(visit, devtools, sender, roomName(room));
      const shift = await visit.shiftSince(since);
      await typeThroughFlood(visit, devtools, sender, roomName(room));
      const latencies = await visit.page.evaluate(() => window.bench.typing);
      const tasks = await visit.longTasksSince(since);
      return {
        typing: [percentile95(latencies)],
        longest: [Math.max(0, ...tasks)],
        long: [tasks.reduce((sum, task) => sum + task, 0)],
        cpu: [cpu],
        shift: [shift],
      };
    });
    await sender.end();
    return samples;
  },
});

/** Sends the messages on time, whatever the others do; resolves once the page has drawn the last of them. */
const pour = async (visit: Visit, sender: Sender, room: string): Promise<void> => {
  const begin = performance.now();
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    await pause(Math.max(0, begin + (1_000 * sent) / PER_SECOND - performance.now()));
    await sender.say(room, text(sent));
  }
  const end = `The flood is over (${begin})`;
  await sender.stored();
  await sender.say(room, end);
  await visit.drawn({ text: end });
};

const cpuOfFlood = async (
  visit: Visit,
  devtools: CDPSession,
  sender: Sender,
  room: string,
): Promise<number> => {
  await countCpu(devtools);
  const before = await cpuMs(devtools);
  await pour(visit, sender, room);
  return ((await cpuMs(devtools)) - before) / MESSAGES;
};

const typeThroughFlood = async (
  visit: Visit,
  devtools: CDPSession,
  sender: Sender,
  room: string,
): Promise<void> => {
  await composer(visit.page).click();
  let over = false;
  const poured = pour(visit, sender, room).finally(() => {
    over = true;
  });
  const begin = performance.now();
  const keys: Promise<void>[] = [];
  for (let key = 0; !over && key < KEYS_PER_SECOND * SECONDS; key += 1) {
    await pause(Math.max(0, begin + (1_000 * key) / KEYS_PER_SECOND - performance.now()));
    // Not awaited: people do not type more slowly because the page is busy.
    keys.push(pressKey(devtools, key % 6 === 5 ? " " : "abcdefgh".charAt(key % 8)));
  }
  await Promise.all(keys);
  await poured;
};

const pressKey = async (devtools: CDPSession, key: string): Promise<void> => {
  const down = devtools.send("Input.dispatchKeyEvent", { type: "keyDown", key, text: key });
  const up = devtools.send("Input.dispatchKeyEvent", { type: "keyUp", key });
  await Promise.all([down, up]);
};

const percentile95 = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
};
