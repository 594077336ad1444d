import { unreadView } from "@chinwag/client";
import { useChat, useEntry, useView } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { useEffect, useMemo } from "react";
import plain from "../../assets/favicon.svg";
// In the script itself: it is first shown when there is news, when a request would be one too many, or can't be made.
import marked from "../../assets/favicon-unread.svg?inline";

/**
 * Names the open room in the window's title, with the number of unread messages that are meant for me, or a dot if only
 * rooms have something new. The icon has a mark, and so has the installed app.
 */
export const Title = ({ topic }: { topic: string | undefined }) => {
  const t = useText();
  const { state } = useChat().store;
  const view = useMemo(() => unreadView(state), [state]);
  const { forMe, other } = useView(view);
  const room = useEntry(state.rooms, topic ?? "", (held) => held?.room.title);

  useEffect(() => {
    showIcon(forMe > 0 || other ? marked : plain);
    showBadge(forMe, other);
  }, [forMe, other]);

  const count = forMe > 0 ? `${t("title.count", { count: forMe })} ` : other ? "• " : "";
  const title = room === undefined ? "Chinwag" : t("title.room", { room });
  return <title>{`${count}${title}`}</title>;
};

const showIcon = (href: string): void => {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link && link.href !== new URL(href, document.baseURI).href) link.href = href;
};

/** The badge of the installed app; without a number where nothing is meant for me. */
const showBadge = (forMe: number, other: boolean): void => {
  if (!("setAppBadge" in navigator)) return;
  const shown =
    forMe > 0 ? navigator.setAppBadge(forMe) : other ? navigator.setAppBadge() : navigator.clearAppBadge();
  // A browser may have it and yet not allow it.
  shown.catch(() => {});
};
