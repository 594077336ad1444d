import { basename, dirname } from "node:path";
import type { AtRule, Plugin, Root, Rule } from "postcss";

/** The class is repeated, so that these rules count for more than what a page says about its elements. */
const SCOPE = ".chinwag.chinwag";
/** What is written for the place where it applies. */
const AS_WRITTEN: ReadonlySet<string> = new Set(["tokens.css", "root.css"]);
/** Folders whose components are drawn within the room's box. */
const IN_THE_BOX: ReadonlySet<string> = new Set(["room", "composer"]);

const isNested = ({ parent }: Rule): boolean =>
  parent?.type === "rule" || (parent?.type === "atrule" && /keyframes$/.test((parent as AtRule).name));

const scopeStyles = (root: Root): void => {
  const file = root.source?.input.file ?? "";
  // In a module, every other class gets a name of its own.
  const within = file.endsWith(".module.css") ? `:global(${SCOPE})` : SCOPE;
  if (!AS_WRITTEN.has(basename(file)))
    root.walkRules((rule) => {
      if (!isNested(rule)) rule.selectors = rule.selectors.map((selector) => `${within} ${selector}`);
    });
  if (!IN_THE_BOX.has(basename(dirname(file)))) return;
  root.walkAtRules("media", (media) => {
    if (!/^\(max-width: \d+px\)$/.test(media.params)) return;
    media.name = "container";
    media.params = `chinwag-room ${media.params}`;
  });
  root.walkDecls((declaration) => {
    declaration.value = declaration.value.replaceAll(/(\d)dvh\b/g, "$1cqh");
  });
};

/**
 * Keeps the package's styles inside of its elements, and makes those of the room ask for the size of its box where they
 * ask for the window's in the application.
 */
export const scope: Plugin = { postcssPlugin: "chinwag-scope", Once: scopeStyles };
