import { directRoom } from "@chinwag/protocol";

/** The other person of a direct conversation of mine, from its topic; undefined if it is another room. */
export const otherOf = (topic: string, me: string): string | undefined => {
  const [prefix, ...names] = topic.split("/");
  const other = names.find((name) => name !== me);
  return prefix && names.length === 2 && other && topic === directRoom(me, other) ? other : undefined;
};
