import type { DraftFile, ReadFiles } from "@chinwag/client";
import { MEDIA_BYTES } from "@chinwag/protocol";
import { currentText, withoutIsolates } from "../language/index.ts";

/** Prepares files for sending, one picture after the other: a decoded photo takes much memory. */
export const readFiles = async (chosen: readonly File[]): Promise<ReadFiles> => {
  const large = chosen.filter((file) => file.size > MEDIA_BYTES);
  const empty = chosen.filter((file) => file.size === 0);
  const files: DraftFile[] = [];
  for (const file of chosen) if (file.size > 0 && file.size <= MEDIA_BYTES) files.push(await toOutbox(file));
  if (empty.length > 0) return { files, problem: { code: "files_empty", names: namesOf(empty) } };
  if (large.length > 0) return { files, problem: { code: "files_too_large", names: namesOf(large) } };
  return { files };
};

const namesOf = (files: readonly File[]): string[] => files.map((file) => file.name);

const toOutbox = async (file: File): Promise<DraftFile> => {
  const base: DraftFile = { name: nameOf(file), type: file.type, size: file.size, bytes: file };
  if (!file.type.startsWith("image/")) return base;
  try {
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    picture.close();
    return { ...base, width, height };
  } catch {
    // The browser can't show this image type, so it is sent as an ordinary file.
    return base;
  }
};

/** Pasted files have a meaningless name; one with the time distinguishes them. */
const nameOf = (file: File): string => {
  if (file.name && file.name !== "image.png") return file.name;
  const time = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");
  return `${withoutIsolates(currentText()("composer.picture", { time }))}.${file.type.split("/")[1] ?? "png"}`;
};
