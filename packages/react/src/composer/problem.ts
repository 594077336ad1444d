import type { DraftProblem } from "@chinwag/client";
import { MEDIA_BYTES } from "@chinwag/protocol";
import { currentText, listed } from "../language/index.ts";

/** Says why a draft can't be sent, and what to do. */
export const problemInWords = (problem: DraftProblem): string => {
  const t = currentText();
  switch (problem.code) {
    case "too_long":
      return t("composer.tooLong", { over: problem.over });
    case "too_many_files":
      return t("composer.tooMany", { most: problem.most });
    case "files_too_large":
      return t("composer.tooLarge", { files: listed(problem.names), mebibytes: MEDIA_BYTES / 2 ** 20 });
    case "files_empty":
      return t("composer.empty", { files: listed(problem.names), count: problem.names.length });
  }
};
