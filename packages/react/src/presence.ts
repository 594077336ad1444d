import type { Person } from "@chinwag/protocol";
import { currentText } from "./language/index.ts";
import { lastSeen } from "./ui/time.ts";

/** Whether somebody is there, or when they were last seen. */
export const presenceInWords = ({ state, last_seen }: Pick<Person, "state" | "last_seen">): string => {
  if (state === "offline" && last_seen) return lastSeen(last_seen);
  return currentText()(`presence.${state}`);
};
