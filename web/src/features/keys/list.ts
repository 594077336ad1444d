import type { Key } from "@chinwag/react/language";
import { isApple } from "../app/is-apple.ts";

/** What stands on a key: a sign, or a name in the reader's language. */
export type KeyCap = { readonly text: string } | { readonly name: Extract<Key, `keycap.${string}`> };

interface Group {
  readonly where: Extract<Key, `keys.${string}`>;
  readonly keys: readonly {
    readonly does: Extract<Key, `keys.${string}`>;
    /** Each is pressed together. */
    readonly combinations: readonly (readonly KeyCap[])[];
  }[];
}

const text = (sign: string): KeyCap => ({ text: sign });
const ENTER: KeyCap = { name: "keycap.enter" };
const ESCAPE: KeyCap = { name: "keycap.escape" };

/** All keys of the web client. */
export const GROUPS: readonly Group[] = [
  {
    where: "keys.anywhere",
    keys: [
      { does: "keys.switcher", combinations: [[text(isApple ? "⌘" : "Ctrl"), text("K")]] },
      { does: "keys.help", combinations: [[text("?")]] },
      { does: "keys.close", combinations: [[ESCAPE]] },
    ],
  },
  {
    where: "keys.composer",
    keys: [
      { does: "keys.send", combinations: [[ENTER]] },
      { does: "keys.line", combinations: [[{ name: "keycap.shift" }, ENTER]] },
      { does: "keys.up", combinations: [[text("↑")]] },
      { does: "keys.cancel", combinations: [[ESCAPE]] },
    ],
  },
  {
    where: "keys.messages",
    keys: [
      { does: "keys.move", combinations: [[text("↑")], [text("↓")]] },
      { does: "keys.far", combinations: [[{ name: "keycap.pageUp" }], [{ name: "keycap.pageDown" }]] },
      { does: "keys.ends", combinations: [[{ name: "keycap.home" }], [{ name: "keycap.end" }]] },
      { does: "keys.reply", combinations: [[text("R")]] },
      { does: "keys.back", combinations: [[ESCAPE]] },
    ],
  },
];
