import { errorWords, useChat } from "@chinwag/react";
import { notify } from "@chinwag/react/ui";
import { useCallback } from "react";
import { goToRoom } from "../app/route.ts";

/** Returns the function that opens the direct conversation with somebody. */
export const useTalk = (): ((name: string) => Promise<void>) => {
  const chat = useChat();
  return useCallback(
    async (name) => {
      try {
        goToRoom((await chat.direct(name)).topic);
      } catch (error) {
        notify(errorWords(error));
      }
    },
    [chat],
  );
};
