import { useMediaUrl } from "./media-url.ts";

/** Object URLs of pictures sent from this page, shown without downloading them again. */
const sent = new Map<string, string>();
const KEPT = 30;

/** Keeps a picture that was uploaded from here. */
export const keepSent = (id: string, picture: Blob): void => {
  if (sent.has(id)) return;
  sent.set(id, URL.createObjectURL(picture));
  const [oldest] = sent;
  if (oldest && sent.size > KEPT) forget(oldest[0]);
};

const forget = (id: string): void => {
  URL.revokeObjectURL(sent.get(id) ?? "");
  sent.delete(id);
};

/** Forgets all at sign-out. */
export const forgetSentPictures = (): void => {
  for (const id of [...sent.keys()]) forget(id);
};

/** The address of a picture. */
export const usePictureUrl = (id: string): string | undefined => {
  const url = useMediaUrl(id);
  return sent.get(id) ?? url;
};
