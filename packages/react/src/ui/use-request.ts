import { useState } from "react";
import { errorWords } from "../words.ts";

/** The state of a form's request: whether it is in progress, and the error message of the last one. */
export const useRequest = () => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  /** Returns whether it succeeded. */
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(errorWords(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
};
