import type { OutboxFile } from "@chinwag/client";
import { MEDIA_BYTES } from "@chinwag/protocol";
import { sizeInWords } from "../ui/size.ts";

/** Prepares files for sending; names those that are too large in `problem`. */
export const takeFiles = async (
  files: readonly File[],
): Promise<{ taken: OutboxFile[]; problem: string | undefined }> => {
  const large = files.filter((file) => file.size > MEDIA_BYTES);
  const fitting = files.filter((file) => file.size <= MEDIA_BYTES);
  const taken = await Promise.all(fitting.map(toOutbox));
  const names = large.map((file) => file.name).join(", ");
  const problem = names ? `${names}: larger than ${sizeInWords(MEDIA_BYTES)}, which is the most.` : undefined;
  return { taken, problem };
};

const toOutbox = async (file: File): Promise<OutboxFile> => {
  const base: OutboxFile = { name: nameOf(file), type: file.type, size: file.size, bytes: file };
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
  return `Picture ${time}.${file.type.split("/")[1] ?? "png"}`;
};
