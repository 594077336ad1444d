import { figure } from "../figure";
import { roomLink } from "../page/selectors";
import { lastWord, roomName, roomTitle } from "../seed/names";
import { roomsIn } from "../seed/scenes";

/** Rooms that are switched to in one round. */
const ROOMS = 8;

export const roomSwitch = figure({
  name: "switch",
  scene: "team",
  lines: {
    first: { label: "switch to a room, first visit: click → last message drawn", unit: "ms", atMost: 50 },
    again: { label: "switch to a room, visited before", unit: "ms", atMost: 50 },
    shift: { label: "layout shift of switching, per switch", unit: "", atMost: 0 },
  },
  async measure(stand) {
    const top = roomsIn("team") - 1;
    return stand.visit(roomName(top), { text: lastWord(top) }, async (visit) => {
      const since = await visit.now();
      const times: { first: number[]; again: number[] } = { first: [], again: [] };
      for (const pass of ["first", "again"] as const) {
        for (let room = top - 1; room >= top - ROOMS; room -= 1) {
          const click = () => roomLink(visit.page, roomTitle(room)).click();
          times[pass].push(await visit.afterClick(click, { text: lastWord(room) }));
          await visit.settled();
        }
      }
      const shift = (await visit.shiftSince(since)) / (2 * ROOMS);
      return { ...times, shift: [shift] };
    });
  },
});
