import type { CacheChanges, CacheStorage, Restored, StoredLog } from "../cache/cache-storage.ts";
import type { Database, InRoom } from "./database.ts";

const STORES = ["rooms", "logs", "drafts", "people"] as const;

/** The cache in IndexedDB. */
export class IndexedDbCache implements CacheStorage {
  readonly #open: () => Promise<Database>;

  constructor(open: () => Promise<Database>) {
    this.#open = open;
  }

  async load(account: string, first: string | undefined): Promise<Restored> {
    const transaction = (await this.#open()).transaction(STORES);
    const [rooms, people, drafts, log] = await Promise.all([
      transaction.objectStore("rooms").getAll(roomsOf(account)),
      transaction.objectStore("people").get(account),
      transaction.objectStore("drafts").getAll(roomsOf(account)),
      first === undefined ? undefined : transaction.objectStore("logs").get([account, first]),
    ]);
    return { rooms, people: people ?? [], drafts, log };
  }

  async logs(account: string): Promise<StoredLog[]> {
    return (await this.#open()).getAll("logs", roomsOf(account));
  }

  async write(account: string, changes: CacheChanges): Promise<void> {
    const transaction = (await this.#open()).transaction(STORES, "readwrite");
    const { rooms = [], logs = [], drafts = [], people } = changes;
    const { goneRooms = [], goneLogs = [], goneDrafts = [] } = changes;
    const at = (topic: string): InRoom => [account, topic];
    const work: Promise<unknown>[] = [];
    for (const room of rooms) work.push(transaction.objectStore("rooms").put({ ...room, account }));
    for (const log of logs) work.push(transaction.objectStore("logs").put({ ...log, account }));
    for (const draft of drafts) work.push(transaction.objectStore("drafts").put({ ...draft, account }));
    if (people) work.push(transaction.objectStore("people").put(people, account));
    for (const topic of goneRooms) work.push(transaction.objectStore("rooms").delete(at(topic)));
    for (const topic of [...goneRooms, ...goneLogs])
      work.push(transaction.objectStore("logs").delete(at(topic)));
    for (const topic of goneDrafts) work.push(transaction.objectStore("drafts").delete(at(topic)));
    // Otherwise the page has to live until all requests are answered.
    transaction.commit();
    await Promise.all([...work, transaction.done]);
  }

  async wipe(belongs: (account: string) => boolean): Promise<void> {
    const transaction = (await this.#open()).transaction(STORES, "readwrite");
    const work: Promise<unknown>[] = [];
    const people = transaction.objectStore("people");
    for (const account of await people.getAllKeys()) if (belongs(account)) work.push(people.delete(account));
    for (const name of ["rooms", "logs", "drafts"] as const) {
      const store = transaction.objectStore(name);
      const accounts = new Set((await store.getAllKeys()).map(([account]) => account));
      for (const account of accounts) if (belongs(account)) work.push(store.delete(roomsOf(account)));
    }
    await Promise.all([...work, transaction.done]);
  }
}

/** The keys of an account's rooms: an array sorts after every string. */
const roomsOf = (account: string): IDBKeyRange => IDBKeyRange.bound([account], [account, []]);
