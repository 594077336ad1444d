import type { Storage } from "@chinwag/client";
import { keptAs, openStorage } from "@chinwag/client/browser";
import { noticeWords } from "@chinwag/react";
import { notify } from "@chinwag/react/ui";

let opened: Promise<Storage> | undefined;

/** The storage of this page. Opening it takes a while, so it begins before the rest of the chat is loaded. */
export const openPageStorage = (): Promise<Storage> => {
  opened ??= openStorage(keptAs("chinwag"), (notice) => notify(noticeWords(notice)));
  return opened;
};
