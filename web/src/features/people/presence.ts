import type { Person } from "../../protocol/types.gen";
import { briefTime } from "../../ui/time";

export const presenceInWords = ({ state, last_seen }: Pick<Person, "state" | "last_seen">): string => {
  if (state === "online") return "Online";
  if (state === "away") return "Away";
  return last_seen ? `Last seen ${briefTime(last_seen).replace("Yesterday", "yesterday")}` : "Offline";
};
