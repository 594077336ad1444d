import { Script } from "../../e2e/support/script";
import { ARCHIVE, ARCHIVE_EVENTS, BACK, REPLY, roomName, roomTitle, SPEAKERS, VIEWER } from "./names";
import { readAll } from "./reading";
import { Sender } from "./sender";
import { text } from "./words";

/** The viewer and the speakers, signed in. */
export class Crew {
  readonly #viewer: Script;
  readonly #owner: Script;
  readonly #scripts: readonly Script[];
  readonly #senders: readonly Sender[];

  private constructor(viewer: Script, owner: Script, scripts: readonly Script[], senders: readonly Sender[]) {
    this.#viewer = viewer;
    this.#owner = owner;
    this.#scripts = scripts;
    this.#senders = senders;
  }

  static async gather(url: string): Promise<Crew> {
    const viewer = await Script.signIn(url, VIEWER);
    const scripts = await Promise.all(SPEAKERS.map((name) => Script.signIn(url, name)));
    const senders = await Promise.all(
      SPEAKERS.map((name, index) => Sender.connect(url, name, scripts[index] ?? viewer)),
    );
    return new Crew(viewer, scripts[0] ?? viewer, scripts, senders);
  }

  async makeRooms(count: number): Promise<void> {
    for (let room = 0; room < count; room += 1) await this.#makeRoom(roomName(room), roomTitle(room));
  }

  async #makeRoom(topic: string, title: string): Promise<void> {
    await this.#owner.post("/rooms", { topic, title });
    const others = [this.#viewer, ...this.#scripts.slice(1)];
    await Promise.all(others.map((script) => script.post(`/members/${topic}`, {})));
  }

  /** Whoever's turn it is says message `number`; several in a row, as people do. */
  async say(room: string, number: number): Promise<void> {
    const speaker = this.#senders[Math.floor(number / 3) % this.#senders.length];
    await speaker?.say(room, text(number));
  }

  /** Says something after all that was said before, at a time of its own, so that the list of rooms has an order. */
  async sayLast(room: string, words: string): Promise<void> {
    await this.#owner.post("/message", { topic: room, text: words });
  }

  async stored(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.stored()));
  }

  async fillArchive(): Promise<void> {
    await this.#makeRoom(ARCHIVE, "Archive");
    for (let number = 0; number < ARCHIVE_EVENTS; number += 1) await this.say(ARCHIVE, number);
    await this.stored();
    const { last_seq } = await this.#viewer.get<{ last_seq: number }>(`/messages/${ARCHIVE}?limit=1`);
    await this.#owner.post("/message", { topic: ARCHIVE, text: REPLY, original_message: last_seq - BACK });
  }

  /** Reads everything as the viewer. */
  async readAll(): Promise<void> {
    await this.stored();
    await readAll(this.#viewer);
  }

  async end(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.end()));
  }
}
