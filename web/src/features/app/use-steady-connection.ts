import { useEffect, useState } from "react";
import type { Connection } from "../../state/model";
import { useChatState } from "./chat-context";

/** A blink of the connection is nobody's concern; only a longer one is told of. */
const PATIENCE = 2_000;

/** The connection as it is told of. `begun`: whether the first one being made is worth telling. */
export const useSteadyConnection = (begun: boolean): Connection => {
  const connection = useChatState((state) => state.connection);
  const live = connection === "live";
  const [gone, setGone] = useState(begun && !live);

  useEffect(() => {
    if (live) return setGone(false);
    const timer = setTimeout(() => setGone(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [live]);

  return gone ? connection : "live";
};
