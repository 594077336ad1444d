import type { Person } from "@chinwag/protocol";
import { briefTime } from "@chinwag/react/ui";

export const presenceInWords = ({ state, last_seen }: Pick<Person, "state" | "last_seen">): string => {
  if (state === "online") return "Online";
  if (state === "away") return "Away";
  return last_seen ? `Last seen ${briefTime(last_seen).replace("Yesterday", "yesterday")}` : "Offline";
};
