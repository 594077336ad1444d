import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const FOLDERS = ["..", "../../../../web/src"].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

const sheets = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".css"))
    .map((name) => join(folder, name)),
);

/** What means left or right, whatever the direction of the page. */
const PHYSICAL = [
  /(^|[\s;{])(left|right)\s*:/,
  /(margin|padding|border|scroll-margin|scroll-padding|inset)-(left|right)\b/,
  /border-(top|bottom)-(left|right)-radius/,
  /(text-align|float|clear)\s*:\s*(left|right)/,
  /safe-area-inset-(left|right)/,
  /\bto (left|right)\b/,
  // Four values go around from the top; only with the second and the fourth alike are both sides the same.
  /(^|\s)(margin|padding|inset|border-width)\s*:\s*(\S+)\s+(\S+)\s+(\S+)\s+(?!\4\s*;)[^\s;+]+\s*;/,
  /border-radius\s*:\s*[^\s;/()]+\s+[^;]+;/,
];

/** Where left and right are meant: the edges of a screen, and columns as their writer aligned them. */
const MEANT: readonly (readonly [sheet: RegExp, line: RegExp])[] = [
  [/tokens\.css$/, /--safe-(start|end): env\(safe-area-inset-(left|right)\);/],
  [/message-text\.module\.css$/, /^ {2}text-align: (left|right);$/],
];

it("styles have no left and right, so that they are mirrored where one reads from the right", () => {
  expect(sheets.length).toBeGreaterThan(20);
  const found = sheets.flatMap((sheet) =>
    readFileSync(sheet, "utf8")
      .replaceAll(/\/\*.*?\*\//gs, (comment) => comment.replaceAll(/[^\n]/g, ""))
      .split("\n")
      .map((line, index) => ({ line, place: `${sheet}:${index + 1}: ${line.trim()}` }))
      .filter(({ line }) => PHYSICAL.some((physical) => physical.test(line)))
      .filter(({ line }) => !MEANT.some(([where, what]) => where.test(sheet) && what.test(line)))
      .map(({ place }) => place),
  );
  expect(found).toEqual([]);
});
