import { useChat } from "@chinwag/react";
import { useEffect } from "react";

/** Milliseconds between two requests for presence that is not published to me. */
const EVERY = 30_000;

/** Keeps presence up to date while it is on screen, including presence that is not published to me. */
export const usePeopleNow = (): void => {
  const chat = useChat();
  useEffect(() => {
    void chat.loadPeople();
    const timer = setInterval(() => document.hidden || void chat.loadPeople(), EVERY);
    return () => clearInterval(timer);
  }, [chat]);
};
