import { type Failure, failureOf } from "@chinwag/client";
import { useState } from "react";
import { useText } from "../language/index.ts";
import { failureWords } from "../words.ts";

/** The state of a form's request: whether it is in progress, and the error message of the last one. */
export const useRequest = () => {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  useText();

  /** Returns whether it succeeded. */
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setFailure(failureOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem: failure && failureWords(failure), run };
};
