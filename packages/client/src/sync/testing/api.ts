import type { Person, Room } from "@chinwag/protocol";
import type { Api, HistoryQuery } from "../../api/http.ts";
import { Refused } from "../../failure.ts";
import type { Place } from "../../state/testing/pages.ts";
import type { Server } from "../../state/testing/server.ts";

/** The fake server's HTTP API; it notes the requests. */
export class FakeApi implements Pick<Api, "rooms" | "room" | "people" | "messages" | "events"> {
  readonly #servers = new Map<string, Server>();
  readonly asked: string[] = [];
  readonly listed: Person[] = [];
  /** The status with which all requests are refused. */
  refused: number | undefined;
  /** Whether `/events` is too far behind to answer with events. */
  isReset = false;
  /** What happens while a response is on its way; it does not include this. */
  meanwhile: (() => void) | undefined;
  #gate: Promise<void> | undefined;
  #open: () => void = () => {};

  add(...servers: Server[]): void {
    for (const server of servers) this.#servers.set(server.topic, server);
  }

  remove(topic: string): void {
    this.#servers.delete(topic);
  }

  /** Makes all responses wait; they are as of the request. */
  hold(): void {
    this.#gate = new Promise((open) => {
      this.#open = open;
    });
  }

  release(): void {
    this.#gate = undefined;
    this.#open();
  }

  /** The requests since the last call. */
  takeAsked(): string[] {
    return this.asked.splice(0);
  }

  async #answer<T>(asked: string, response: () => T): Promise<T> {
    this.asked.push(asked);
    if (this.refused !== undefined) throw new Refused(this.refused, { code: "internal" });
    const answer = response();
    await Promise.resolve();
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
    await this.#gate;
    return answer;
  }

  #server(topic: string): Server {
    const server = this.#servers.get(topic);
    if (!server) throw new Refused(404, { code: "not_found" });
    return server;
  }

  rooms = (): Promise<{ rooms: Room[] }> =>
    this.#answer("rooms", () => ({ rooms: [...this.#servers.values()].map((server) => server.room()) }));

  room = (topic: string): Promise<Room> => this.#answer(`room ${topic}`, () => this.#server(topic).room());

  people = (): Promise<{ people: Person[] }> => this.#answer("people", () => ({ people: [...this.listed] }));

  messages = (topic: string, { limit, before, after, around }: HistoryQuery) => {
    const [kind, seq] = Object.entries({ before, after, around }).find(([, at]) => at !== undefined) ?? [];
    return this.#answer(`messages ${kind} ${seq}`, () =>
      this.#server(topic).messages({ [kind ?? ""]: seq } as Place, limit),
    );
  };

  events = (topic: string, { after, limit }: { after: number; limit: number }) =>
    this.#answer(`events after ${after}`, () => {
      const { epoch, last_seq } = this.#server(topic);
      const base = { topic, epoch, last_seq };
      if (this.isReset) return { ...base, events: [], reset: true };
      return { ...base, events: this.#server(topic).events(after, limit) };
    });
}
