import type { Person } from "@chinwag/protocol";
import { lastSeen } from "@chinwag/react/ui";

export const presenceInWords = ({ state, last_seen }: Pick<Person, "state" | "last_seen">): string => {
  if (state === "online") return "Online";
  if (state === "away") return "Away";
  return last_seen ? lastSeen(last_seen) : "Offline";
};
