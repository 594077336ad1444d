import { useEffect } from "react";
import { useChat } from "../app/chat-context";

/** How often presence is asked for that nobody tells. */
const EVERY = 30_000;

/** Keeps everybody's presence up to date while it is on screen, of those included of whom no change is told. */
export const usePeopleNow = (): void => {
  const chat = useChat();
  useEffect(() => {
    void chat.loadPeople();
    const timer = setInterval(() => document.hidden || void chat.loadPeople(), EVERY);
    return () => clearInterval(timer);
  }, [chat]);
};
