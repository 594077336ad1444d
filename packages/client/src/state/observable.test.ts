import { describe, expect, it, vi } from "vitest";
import { Cell, Changes, Table } from "./observable.ts";

const setUp = () => {
  const changes = new Changes();
  return { changes, cell: new Cell(changes, 0), table: new Table<number>(changes) };
};

describe("a cell", () => {
  it("tells its listeners of another value, until they unsubscribe", () => {
    const { cell } = setUp();
    const listener = vi.fn();
    const unsubscribe = cell.subscribe(listener);
    cell.set(0);
    expect(listener).not.toHaveBeenCalled();
    cell.set(1);
    expect(cell.get()).toBe(1);
    expect(listener).toHaveBeenCalledTimes(1);
    unsubscribe();
    cell.set(2);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe("a table", () => {
  const listeners = (table: Table<number>) => {
    const calls: string[] = [];
    for (const key of ["a", "b"]) table.subscribe(key, () => calls.push(key));
    table.subscribeKeys(() => calls.push("keys"));
    table.subscribeAll(() => calls.push("all"));
    return () => calls.splice(0).sort().join(" ");
  };

  it("tells listeners of a key of that key only, and those of the keys of new and removed ones", () => {
    const { table } = setUp();
    const called = listeners(table);
    table.set("a", 1);
    expect(called()).toBe("a all keys");
    table.set("a", 2);
    expect(called()).toBe("a all");
    table.set("a", 2);
    table.delete("b");
    expect(called()).toBe("");
    table.delete("a");
    expect(called()).toBe("a all keys");
    expect(table.get("a")).toBeUndefined();
  });

  it("replaces its entries, and tells only of those that differ", () => {
    const { table } = setUp();
    table.set("a", 1);
    table.set("b", 1);
    const called = listeners(table);
    table.replace(new Map(Object.entries({ a: 1, b: 2 })));
    expect(called()).toBe("all b");
    table.replace(new Map(Object.entries({ a: 1, c: 3 })));
    expect(called()).toBe("all b keys");
    expect([...table.entries()]).toEqual(Object.entries({ a: 1, c: 3 }));
    expect([table.size, table.has("b"), [...table.values()]]).toEqual([2, false, [1, 3]]);
  });

  it("has another version after each change", () => {
    const { table } = setUp();
    const versions = [table.version()];
    for (const change of [() => table.set("a", 1), () => table.set("a", 2), () => table.delete("a")]) {
      change();
      versions.push(table.version());
    }
    table.delete("a");
    expect(new Set(versions).size).toBe(4);
    expect(table.version()).toBe(versions.at(-1));
  });

  it("is listened to by several, of whom each leaves alone", () => {
    const { table } = setUp();
    const [one, other] = [vi.fn(), vi.fn()];
    const leave = table.subscribe("a", one);
    table.subscribe("a", other);
    leave();
    leave();
    table.set("a", 1);
    expect([one.mock.calls.length, other.mock.calls.length]).toEqual([0, 1]);
    // A listener that comes back after all have left is not removed by one that leaves twice.
    const again = new Table<number>(new Changes());
    const first = again.subscribe("a", one);
    first();
    again.subscribe("a", other);
    first();
    again.set("a", 1);
    expect(other).toHaveBeenCalledTimes(2);
  });
});

describe("a batch", () => {
  it("tells each listener once, after all of it", () => {
    const { changes, cell, table } = setUp();
    const listener = vi.fn(() => expect([cell.get(), table.get("a")]).toEqual([2, 1]));
    cell.subscribe(listener);
    table.subscribe("a", listener);
    changes.batch(() => {
      cell.set(1);
      changes.batch(() => cell.set(2));
      expect(listener).not.toHaveBeenCalled();
      table.set("a", 1);
    });
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("tells of what was changed even if it fails", () => {
    const { changes, cell } = setUp();
    const listener = vi.fn();
    cell.subscribe(listener);
    const fail = () => {
      cell.set(1);
      throw new Error("no");
    };
    expect(() => changes.batch(fail)).toThrow("no");
    expect(listener).toHaveBeenCalledTimes(1);
    cell.set(2);
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it("returns what its work returns", () => {
    expect(setUp().changes.batch(() => 7)).toBe(7);
  });

  it("tells of what listeners change, in another round", () => {
    const { cell, table } = setUp();
    const seen: (number | undefined)[] = [];
    cell.subscribe(() => table.set("a", cell.get()));
    cell.subscribe(() => seen.push(table.get("a")));
    table.subscribe("a", () => seen.push(table.get("a")));
    cell.set(1);
    expect(seen).toEqual([1, 1]);
  });

  it("tells all listeners, although one of them fails", () => {
    const { cell } = setUp();
    const listener = vi.fn();
    cell.subscribe(() => {
      throw new Error("no");
    });
    cell.subscribe(listener);
    expect(() => cell.set(1)).toThrow("no");
    expect(() => cell.set(2)).toThrow("no");
    expect(listener).toHaveBeenCalledTimes(2);
  });
});
