import type { Event, Room } from "@chinwag/protocol";
import type { OutboxEntry } from "../model.ts";
import { createStore, type Store } from "../store.ts";

/** The name of the person whose client is tested. */
export const ME = "ana";
export const TOPIC = "general";

export type MessageEvent = Extract<Event, { type: "message" }>;

/** What events of all types have. */
export const header = (seq: number, sender: string, topic = TOPIC) => ({
  seq,
  topic,
  sender,
  sent_at: new Date(1_790_000_000_000 + seq * 1000).toISOString(),
});

export const messageEvent = (seq: number, sender: string, topic = TOPIC): MessageEvent => ({
  ...header(seq, sender, topic),
  type: "message",
  msg_id: `id-${seq}`,
  text: `text ${seq}`,
});

export const emptyRoom = (topic: string): Room => ({
  topic,
  title: topic,
  purpose: "",
  private: false,
  direct: false,
  member: true,
  owner: false,
  members: 10,
  epoch: "e1",
  last_seq: 0,
  read_seq: 0,
  unread: 0,
});

export const outboxEntry = (msg_id: string): OutboxEntry => ({
  msg_id,
  account: ME,
  topic: TOPIC,
  text: "hi",
  files: [],
  created_at: 1,
  status: "pending",
});

export const newStore = (): Store => createStore({ name: ME, admin: false });
