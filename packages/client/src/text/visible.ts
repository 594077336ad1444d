import type { Inline } from "./tree.ts";

/** Shown instead of the text of a spoiler. */
export const HIDDEN = "▇▇▇";

/** The text of parts without their styles; `hide` also without spoilers. */
export const visible = (parts: readonly Inline[], hide = false): string =>
  parts
    .map((part) => {
      switch (part.type) {
        case "text":
        case "code":
        case "mention":
          return part.text;
        case "spoiler":
          return hide ? HIDDEN : visible(part.inside);
        case "link":
          return visible(part.inside, hide) + (part.leadsTo ? ` (${part.leadsTo})` : "");
        default:
          return visible(part.inside, hide);
      }
    })
    .join("");
