import { Chat } from "@chinwag/client";
import { browserPorts, pageServer } from "@chinwag/client/browser";
import type { Account } from "@chinwag/protocol";
import { forgetTraces, keepDrafts, noticeWords, signedOutWords } from "@chinwag/react";
import { notify } from "@chinwag/react/ui";
import { forgetLastRoom } from "./last-room.ts";
import { replaceRoom } from "./route.ts";

/** Begins the chat of this page. `ended` is called when the person is signed out, with the reason in words. */
export const beginChat = (me: Account, ended: (why: string | undefined) => void): Chat => {
  const chat = new Chat({
    me,
    url: pageServer(),
    ports: browserPorts(),
    notice: (notice) => notify(noticeWords(notice)),
    signedOut: (why) => {
      stopDrafts();
      forgetTraces(me.name);
      forgetLastRoom();
      replaceRoom(undefined);
      ended(signedOutWords(why));
    },
  });
  const stopDrafts = keepDrafts(chat);
  return chat;
};
