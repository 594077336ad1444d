import { Chat } from "@chinwag/client";
import { browserPorts, pageServer } from "@chinwag/client/browser";
import type { Account } from "@chinwag/protocol";
import { forgetTraces, noticeWords, signedOutWords } from "@chinwag/react";
import { notify } from "@chinwag/react/ui";
import { showAlert } from "./alerts.ts";
import { forgetLastAccount, saveLastAccount } from "./last-account.ts";
import { forgetLastRoom, loadLastRoom } from "./last-room.ts";
import { openRoom, replaceRoom } from "./route.ts";
import { openPageStorage } from "./storage.ts";

interface Begin {
  readonly me: Account;
  /** Whether `me` is from an earlier visit, and the server has not been asked yet. */
  readonly unconfirmed: boolean;
  /** Called when the person is signed out, with the reason in words. */
  ended(why: string | undefined): void;
}

/** Begins the chat of this page. */
export const beginChat = ({ me, unconfirmed, ended }: Begin): Chat => {
  saveLastAccount(me);
  const chat = new Chat({
    me,
    unconfirmed,
    confirmed: saveLastAccount,
    first: openRoom() ?? loadLastRoom() ?? undefined,
    url: pageServer(),
    ports: { ...browserPorts(), openStorage: openPageStorage },
    notice: (notice) => notify(noticeWords(notice)),
    alert: (alert) => {
      const room = chat.store.state.rooms.get(alert.topic)?.room;
      void showAlert(alert, room?.direct ? undefined : room?.title);
    },
    signedOut: (why) => {
      forgetTraces();
      forgetLastAccount();
      forgetLastRoom();
      replaceRoom(undefined);
      ended(signedOutWords(why));
    },
  });
  return chat;
};
