import { useEffect, useState } from "react";
import { useChat } from "../chat-context.tsx";

/** Whether what the room shows is being fetched, is there, or could not be fetched. */
export type Opening = "loading" | "loaded" | "failed";

/** Opens the room while it is on screen. `retry` tries again to fetch what it shows. */
export const useOpened = (topic: string): { opening: Opening; retry: () => void } => {
  const chat = useChat();
  const [opening, setOpening] = useState<Opening>("loading");
  const [tries, setTries] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each try opens it again
  useEffect(() => {
    let wanted = true;
    setOpening("loading");
    void chat.open(topic).then((loaded) => wanted && setOpening(loaded ? "loaded" : "failed"));
    return () => {
      wanted = false;
      chat.close(topic);
    };
  }, [chat, topic, tries]);

  return { opening, retry: () => setTries(tries + 1) };
};
