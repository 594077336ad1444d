import type { Person } from "@chinwag/protocol";
import { currentText } from "@chinwag/react/language";
import { lastSeen } from "@chinwag/react/ui";

export const presenceInWords = ({ state, last_seen }: Pick<Person, "state" | "last_seen">): string => {
  if (state === "offline" && last_seen) return lastSeen(last_seen);
  return currentText()(`presence.${state}`);
};
