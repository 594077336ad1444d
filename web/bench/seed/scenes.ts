import { PASSWORD } from "../../e2e/support/script";
import { Server } from "../../e2e/support/server";
import { Crew } from "./crew";
import { lastWord, roomName, SPEAKERS, VIEWER } from "./names";
import { makePeople } from "./people";

/** The data that figures are measured with. */
export type SceneName = "team" | "archive" | "crowd";

interface Contents {
  readonly people: number;
  readonly rooms: number;
  readonly messagesPerRoom: number;
  readonly archive: boolean;
}

/** A server allows a person 1,000 rooms, and `general` is one of them. */
const CONTENTS: Record<SceneName, Contents> = {
  team: { people: 300, rooms: 199, messagesPerRoom: 60, archive: false },
  archive: { people: 300, rooms: 199, messagesPerRoom: 5, archive: true },
  crowd: { people: 10_000, rooms: 999, messagesPerRoom: 2, archive: false },
};

/** How many rooms besides `general` a scene has. */
export const roomsIn = (scene: SceneName): number => CONTENTS[scene].rooms;

/** Makes the data of a scene with this binary; returns the data folder. */
export const seed = async (scene: SceneName, binary: string): Promise<string> => {
  const contents = CONTENTS[scene];
  const server = await Server.start(["--limits", "off"], { binary });
  try {
    for (const name of [VIEWER, ...SPEAKERS]) await server.addUser(name, PASSWORD);
    await server.kill();
    await makePeople(server, contents.people - SPEAKERS.length - 1);
    await server.up();
    const crew = await Crew.gather(server.url);
    await fill(crew, contents);
    await crew.end();
  } finally {
    await server.stop();
  }
  return server.data;
};

const fill = async (crew: Crew, { rooms, messagesPerRoom, archive }: Contents): Promise<void> => {
  await crew.makeRooms(rooms);
  for (let message = 0; message < messagesPerRoom - 1; message += 1)
    for (let room = 0; room < rooms; room += 1) await crew.say(roomName(room), message);
  await crew.stored();
  if (archive) await crew.fillArchive();
  for (let room = 0; room < rooms; room += 1) await crew.sayLast(roomName(room), lastWord(room));
  await crew.readAll();
};
