import { useState } from "react";

/** A request that a form makes: is it under way, and what did the server say against it? */
export const useRequest = () => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  /** True where it went well. */
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
};
