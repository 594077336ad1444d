import { get } from "node:http";
import { figure } from "../figure";
import type { Visit } from "../page/visit";
import { lastWord, roomName } from "../seed/names";
import { roomsIn } from "../seed/scenes";

/** Warm openings in one round. */
const RELOADS = 5;

export const open = figure({
  name: "open",
  scene: "team",
  lines: {
    script: { label: "script for the first room, gzip", unit: "KiB", atMost: 200 },
    cold: { label: "open cold: navigation → last message drawn", unit: "ms", atMost: 800 },
    warm: { label: "open warm (reload, storage kept)", unit: "ms", atMost: 150 },
    coldShift: { label: "layout shift of a cold opening", unit: "", atMost: 0 },
    warmShift: { label: "layout shift of a warm opening", unit: "", atMost: 0 },
  },
  async measure(stand) {
    const room = roomsIn("team") - 1;
    return stand.visit(roomName(room), { text: lastWord(room) }, async (visit) => {
      const cold = visit.openedAfter;
      const script = await scriptBytes(visit, cold);
      const coldShift = await visit.shiftSince(0);
      const warm: number[] = [];
      const warmShift: number[] = [];
      for (let again = 0; again < RELOADS; again += 1) {
        await visit.reload();
        warm.push(visit.openedAfter);
        warmShift.push(await visit.shiftSince(0));
      }
      return { script: [script / 1024], cold: [cold], warm, coldShift: [coldShift], warmShift };
    });
  },
});

/** The scripts that were requested before that time, in bytes as a client that accepts gzip gets them. */
const scriptBytes = async (visit: Visit, before: number): Promise<number> => {
  const requested = await visit.page.evaluate(
    (before) =>
      performance
        .getEntriesByType("resource")
        .filter(({ name, startTime }) => startTime < before && new URL(name).pathname.endsWith(".js"))
        .map(({ name }) => name),
    before,
  );
  const sizes = await Promise.all([...new Set(requested)].map(transferred));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Bytes of a response's body before it is decompressed. */
const transferred = (url: string): Promise<number> =>
  new Promise((done, failed) => {
    get(url, { headers: { "accept-encoding": "gzip" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
      answer.on("end", () => done(bytes));
      answer.on("error", failed);
    }).on("error", failed);
  });
