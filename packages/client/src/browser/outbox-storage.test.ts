import "fake-indexeddb/auto";
import { type IDBPDatabase, openDB } from "idb";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Notice } from "../notice.ts";
import type { OutboxEntry } from "../state/model.ts";
import { openStorage } from "./storage.ts";

let count = 0;
/** A name that no other test uses. */
const fresh = (): string => {
  count += 1;
  return `test-${count}`;
};

const entry = (msg_id: string, change: Partial<OutboxEntry> = {}): OutboxEntry => ({
  msg_id,
  account: "ana",
  topic: "general",
  text: `text of ${msg_id}`,
  files: [],
  created_at: 1,
  status: "pending",
  ...change,
});

const file = (name: string, text: string, number = 0) => ({
  number,
  name,
  type: "text/plain",
  size: text.length,
  bytes: new Blob([text]),
});

const opened = async (name: string) => {
  const notices: Notice[] = [];
  const { outbox: storage, cache } = await openStorage(name, (notice) => notices.push(notice));
  return { storage, cache, notices };
};

/** Like `opened`, where the deadline passes after everything that happens by itself has happened. */
const openedLate = async (name: string) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const opening = opened(name);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(3_000);
    return await opening;
  } finally {
    vi.useRealTimers();
  }
};

const others: IDBPDatabase[] = [];
/** Another page's connection to the database, which does not close for a newer version unless told so. */
const otherPage = async (name: string, version: number, blocking = () => {}) => {
  const db = await openDB(name, version, {
    upgrade: (db, from) => {
      if (from < 1) db.createObjectStore("outbox", { keyPath: "msg_id" }).createIndex("account", "account");
    },
    blocking,
  });
  others.push(db);
  return db;
};

describe("the outbox in IndexedDB", () => {
  afterEach(() => {
    for (const db of others.splice(0)) db.close();
    vi.restoreAllMocks();
  });

  it("keeps entries and files for the next page, of each account apart", async () => {
    const name = fresh();
    const { storage, notices } = await opened(name);
    const whole = entry("m1", { files: [file("a.txt", "first"), file("b.txt", "second", 1)] });
    await Promise.all([storage.add(whole), storage.add(entry("m2", { account: "bo" }))]);
    const { storage: later } = await opened(name);
    const [kept, ...more] = await later.all("ana");
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ text: "text of m1", files: [{ name: "a.txt" }, { name: "b.txt" }] });
    expect(await Promise.all((kept?.files ?? []).map(({ bytes }) => bytes.text()))).toEqual([
      "first",
      "second",
    ]);
    expect(await later.get("m2")).toMatchObject({ account: "bo" });
    expect(notices).toEqual([]);
  });

  it("writes the bytes of a file once, however often its entry changes", async () => {
    const { storage } = await opened(fresh());
    await storage.add(entry("m1", { files: [file("a.txt", "first")] }));
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    const [kept] = await storage.all("ana");
    if (!kept) throw new Error("nothing was kept");
    const [only] = kept.files;
    if (!only) throw new Error("no file was kept");
    const uploaded = { id: "u1", name: "a.txt", type: "text/plain", size: 5 };
    await storage.update({ ...kept, text: "changed", files: [{ ...only, uploaded, progress: 1 }] });
    expect(put.mock.contexts.map((store) => (store as IDBObjectStore).name)).toEqual(["outbox"]);
    const [changed] = await storage.all("ana");
    expect(changed).toMatchObject({ text: "changed", files: [{ uploaded }] });
    expect(changed?.files[0]).not.toHaveProperty("progress");
    expect(await changed?.files[0]?.bytes.text()).toBe("first");
  });

  it("removes the bytes of a file that was taken out, and knows the others by their numbers", async () => {
    const name = fresh();
    const { storage } = await opened(name);
    const files = [file("a.txt", "first"), file("b.txt", "second", 1), file("c.txt", "third", 2)];
    await storage.add(entry("m1", { files }));
    await storage.update(entry("m1", { files: files.slice(1) }));
    const [kept] = await storage.all("ana");
    expect(kept?.files.map(({ number, name }) => [number, name])).toEqual([
      [1, "b.txt"],
      [2, "c.txt"],
    ]);
    expect(await kept?.files[1]?.bytes.text()).toBe("third");
    const raw = await openDB(name);
    others.push(raw);
    expect(await raw.getAllKeys("files")).toEqual(["m1/1", "m1/2"]);
  });

  it("removes files with their entry, and an update brings nothing back", async () => {
    const name = fresh();
    const { storage } = await opened(name);
    const whole = entry("m1", { files: [file("a.txt", "first")] });
    // Not awaited one by one: they take effect in this order.
    await Promise.all([storage.add(whole), storage.remove("m1"), storage.update(whole)]);
    await Promise.all([storage.add(entry("m2")), storage.remove("m2"), storage.update(entry("m2"))]);
    expect(await storage.all("ana")).toEqual([]);
    const raw = await openDB(name);
    others.push(raw);
    expect(await raw.count("files")).toBe(0);
  });

  it("wipes what belongs to some accounts, with the files", async () => {
    const name = fresh();
    const { storage } = await opened(name);
    for (const [id, account] of [
      ["m1", "ana"],
      ["m10", "bo"],
    ] as const)
      await storage.add(entry(id, { account, files: [file("a.txt", account)] }));
    await storage.wipe((account) => account === "ana");
    expect(await storage.all("ana")).toEqual([]);
    const [left] = await storage.all("bo");
    expect(await left?.files[0]?.bytes.text()).toBe("bo");
    const raw = await openDB(name);
    others.push(raw);
    expect(await raw.count("files")).toBe(1);
  });

  it("takes over what version 1 left", async () => {
    const name = fresh();
    const first = await otherPage(name, 1);
    await first.put("outbox", entry("m1", { files: [file("a.txt", "first")] }));
    await first.put("outbox", { ...entry("m2", { status: "failed" }), problem: "Too big." });
    first.close();
    const { storage, notices } = await opened(name);
    const [waiting, failed] = await storage.all("ana");
    expect(waiting).toMatchObject({ msg_id: "m1", status: "pending", files: [{ name: "a.txt" }] });
    expect(await waiting?.files[0]?.bytes.text()).toBe("first");
    expect(failed).toMatchObject({ status: "failed", problem: { code: "unexpected", detail: "Too big." } });
    expect(notices).toEqual([]);
  });

  it("goes on in memory when a page with an older version does not close it, until it does", async () => {
    const name = fresh();
    const older = await otherPage(name, 1);
    const { storage, notices } = await openedLate(name);
    expect(notices).toEqual([{ type: "not_stored", reason: "blocked" }]);
    await storage.add(entry("m1"));
    expect(await storage.all("ana")).toMatchObject([{ msg_id: "m1" }]);
    older.close();
    const { storage: next, notices: none } = await opened(name);
    expect(await next.all("ana")).toEqual([]);
    expect(none).toEqual([]);
  });

  it("goes on in memory when there is no database, or one that never answers", async () => {
    const open = vi.spyOn(indexedDB, "open");
    open.mockImplementation(() => {
      throw new DOMException("no", "SecurityError");
    });
    expect((await opened(fresh())).notices).toEqual([{ type: "not_stored", reason: "unavailable" }]);
    open.mockImplementation(() => new EventTarget() as IDBOpenDBRequest);
    expect((await openedLate(fresh())).notices).toEqual([{ type: "not_stored", reason: "unavailable" }]);
  });

  it("makes way for a page with a newer version, and then rejects", async () => {
    const name = fresh();
    const { storage } = await opened(name);
    await storage.add(entry("m1"));
    const newer = await otherPage(name, 4);
    expect(newer.version).toBe(4);
    await expect(storage.add(entry("m2"))).rejects.toThrow();
  });
});
