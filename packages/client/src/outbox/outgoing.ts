import type { Quote } from "@chinwag/protocol";
import type { DraftFile } from "../state/model.ts";

/** A message to be sent. */
export interface Outgoing {
  readonly topic: string;
  readonly text: string;
  readonly quote?: Quote | undefined;
  readonly files?: readonly DraftFile[];
}
