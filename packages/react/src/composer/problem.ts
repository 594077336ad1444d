import type { DraftProblem } from "@chinwag/client";
import { MEDIA_BYTES } from "@chinwag/protocol";
import { sizeInWords } from "../ui/size.ts";

/** Says why a draft can't be sent, and what to do. */
export const problemInWords = (problem: DraftProblem): string => {
  switch (problem.code) {
    case "too_long":
      return `Too long by ${problem.over} bytes. Send it in parts, or as a file.`;
    case "too_many_files":
      return `A message can have ${problem.most} files. Send the others with the next one.`;
    case "files_too_large":
      return `${problem.names.join(", ")}: larger than ${sizeInWords(MEDIA_BYTES)}, which is the most.`;
    case "files_empty":
      return `${problem.names.join(", ")}: the file is empty.`;
  }
};
