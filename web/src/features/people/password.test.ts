import { expect, it } from "vitest";
import { randomPassword } from "./password.ts";

it("has four groups of signs that are not taken for each other, and is never the same", () => {
  const many = Array.from({ length: 500 }, randomPassword);
  for (const password of many) expect(password).toMatch(/^([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}$/);
  expect(new Set(many).size).toBe(many.length);
  // Each of the 31 signs: none is missing among 8,000, which is as good as certain.
  expect(new Set(many.join("").replaceAll("-", "")).size).toBe(31);
});
