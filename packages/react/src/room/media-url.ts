import { useMemo, useState } from "react";
import { useChat, useView } from "../chat-context.tsx";
import { useEmbedded } from "../embedded.ts";

/** The address of an upload for an element of the page; undefined until it is signed, where it has to be. */
export const useMediaUrl = (id: string): string | undefined => {
  const { media } = useChat();
  const view = useMemo(() => media.shown(id), [media, id]);
  return useView(view);
};

/** The same for a player, which would start over with another address. */
export const usePlayerUrl = (id: string): string | undefined => {
  const url = useMediaUrl(id);
  const [first, setFirst] = useState(url);
  if (first === undefined && url !== undefined) setFirst(url);
  return first;
};

/** Browsers ignore `download` for files of another origin, and would leave the page to show them. */
export const useDownloadTarget = (): "_blank" | undefined => (useEmbedded() ? "_blank" : undefined);
