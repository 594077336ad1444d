import { MEDIA_BYTES } from "@chinwag/protocol";
import { afterEach, expect, it, vi } from "vitest";
import { readFiles } from "./files.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const photo = (name: string) => new File(["x"], name, { type: "image/jpeg" });

it("decodes one picture at a time, and keeps none", async () => {
  let [decoded, most] = [0, 0];
  vi.stubGlobal("createImageBitmap", async () => {
    decoded += 1;
    most = Math.max(most, decoded);
    await Promise.resolve();
    return { width: 4032, height: 3024, close: () => (decoded -= 1) };
  });
  const { files } = await readFiles([photo("a.jpg"), photo("b.jpg"), photo("c.jpg")]);
  expect(files.map(({ name, width }) => [name, width])).toEqual([
    ["a.jpg", 4032],
    ["b.jpg", 4032],
    ["c.jpg", 4032],
  ]);
  expect([decoded, most]).toEqual([0, 1]);
});

it("takes a picture that the browser can't decode as a file, and says what it leaves out", async () => {
  vi.stubGlobal("createImageBitmap", () => Promise.reject(new Error("no such image type")));
  const empty = new File([], "empty.txt");
  const { files, problem } = await readFiles([photo("a.heic"), empty]);
  expect(files).toMatchObject([{ name: "a.heic" }]);
  expect(files[0]?.width).toBeUndefined();
  expect(problem).toEqual({ code: "files_empty", names: ["empty.txt"] });
  const large = Object.defineProperty(photo("film.jpg"), "size", { value: MEDIA_BYTES + 1 });
  expect(await readFiles([large])).toEqual({
    files: [],
    problem: { code: "files_too_large", names: ["film.jpg"] },
  });
});
