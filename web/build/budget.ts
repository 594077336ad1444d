import { constants, gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

type Bundle = Readonly<Record<string, Rolldown.OutputChunk | Rolldown.OutputAsset>>;

/** Kibibytes of script, gzip, that a browser may load until the first room is drawn. `npm run bench` measures the same. */
const BUDGET = 185;

/** The page whose scripts are counted. */
const ENTRY = "index";

/**
 * Modules that are imported when somebody asks for what they show, and not before. Whatever else is imported from the
 * page, at once or later, counts.
 */
const ON_DEMAND: readonly string[] = [
  "/ui/dialog-popup.tsx",
  "/ui/menu-popup.tsx",
  "/ui/popover-popup.tsx",
  "/ui/tip.tsx",
  "/ui/toasts.tsx",
  "/room/delayed.tsx",
  "/room/failed-bar.tsx",
  "/room/waiting-files.tsx",
  "/composer/file-chips.tsx",
  "/room/no-room.tsx",
  "/room/message-menu.tsx",
  "/room/person-card.tsx",
  "/room/player-bar.tsx",
  "/room/room-viewer.tsx",
  "/room/other-file.tsx",
  "/app/chime.ts",
  "/people/add-account.tsx",
  "/people/members-panel.tsx",
  "/people/people-dialog.tsx",
  "/rooms/browse.tsx",
  "/rooms/create-room.tsx",
  "/rooms/edit-room.tsx",
  "/rooms/leave-room.tsx",
  "/settings/settings.tsx",
  "/sign-in/setup.tsx",
  "/sign-in/sign-in.tsx",
  "/switcher/switcher.tsx",
  "/keys/keys.tsx",
  // One language is loaded, and English counts.
  ...["ar", "de", "es", "fr", "ja", "zh"].map((code) => `/language/${code}.gen.ts`),
];

/** The scripts that a browser loads for the first room: of the entry, all that it imports, and the workers. */
export const firstScripts = (bundle: Bundle, onDemand = ON_DEMAND): string[] => {
  const files = Object.values(bundle);
  const chunks = files.filter((file) => file.type === "chunk");
  const late = (chunk: Rolldown.OutputChunk) => onDemand.some((path) => chunk.facadeModuleId?.endsWith(path));
  const entry = chunks.find(({ isEntry, name }) => isEntry && name === ENTRY);
  if (!entry) throw new Error(`the build has no entry named ${ENTRY}`);
  const found = new Set([entry]);
  // The set grows while it is walked.
  for (const { imports, dynamicImports } of found)
    for (const chunk of chunks)
      if (imports.includes(chunk.fileName) || (dynamicImports.includes(chunk.fileName) && !late(chunk)))
        found.add(chunk);
  const workers = files.filter(({ type, fileName }) => type === "asset" && fileName.endsWith(".js"));
  return [...found, ...workers].map(({ fileName }) => fileName);
};

/** Their size in bytes, each compressed by itself as the server sends it. */
export const gzipBytes = (bundle: Bundle, names: readonly string[]): number =>
  names.reduce((sum, name) => {
    const file = bundle[name];
    const content = file?.type === "chunk" ? file.code : (file?.source ?? "");
    return sum + gzipSync(content, { level: constants.Z_BEST_COMPRESSION }).length;
  }, 0);

/** Fails the build if the scripts for the first room are larger than the budget. */
export const budget = (limit = BUDGET): Plugin => ({
  name: "budget",
  apply: "build",
  generateBundle: {
    // When everything is final, but before anything is written: a build that fails leaves no files that look built.
    order: "post",
    handler(_, bundle) {
      const names = firstScripts(bundle);
      const size = gzipBytes(bundle, names) / 1024;
      if (size <= limit) return;
      const parts = names.map((name) => `  ${name}: ${(gzipBytes(bundle, [name]) / 1024).toFixed(1)} KiB`);
      const is = `the first room needs ${size.toFixed(1)} KiB of script (gzip); the budget is ${limit} KiB`;
      this.error(`${is}:\n${parts.join("\n")}`);
    },
  },
});
