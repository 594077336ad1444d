import type { Connection } from "@chinwag/client";
import { useEffect, useState } from "react";
import { useSession } from "./chat-context.tsx";

/** Milliseconds: shorter interruptions of the connection are not shown. */
const PATIENCE = 2_000;

/** The connection state to show. `begun`: whether to show the first connection attempt at once. */
export const useSteadyConnection = (begun: boolean): Connection => {
  const connection = useSession((session) => session.connection);
  const live = connection === "live";
  const [gone, setGone] = useState(begun && !live);

  useEffect(() => {
    if (live) return setGone(false);
    const timer = setTimeout(() => setGone(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [live]);

  return gone ? connection : "live";
};
