import type { PresenceState } from "@chinwag/protocol";
import type { CSSProperties } from "react";
import styles from "./avatar.module.css";

/** Colors that contrast with white letters, are easy to tell apart and fit the theme's green and orange. */
const COLOURS = [
  "#b4531f",
  "#2f7d63",
  "#8a4a86",
  "#3c6ea6",
  "#a63d4f",
  "#77712a",
  "#1d7783",
  "#6a55a8",
  "#a2622a",
  "#4a7a3a",
];

/** Returns a color that depends only on the name. */
export const colourOf = (name: string): string => {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  hash = (hash ^ (hash >>> 15)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? "#2f7d63";
};

/** `mary.ann` → MA, `bo` → BO. */
const initialsOf = (name: string): string => {
  const words = name.split(/[-_.]+/u).filter(Boolean);
  const letters = words.length > 1 ? words.map((word) => [...word][0]) : [...(words[0] ?? name)];
  return letters.slice(0, 2).join("").toUpperCase();
};

interface Props {
  readonly name: string;
  readonly size?: number;
  readonly presence?: PresenceState | undefined;
}

export const Avatar = ({ name, size = 36, presence }: Props) => (
  <span
    className={styles.avatar}
    style={{ "--size": `${size}px`, background: colourOf(name) } as CSSProperties}
    data-initials={initialsOf(name)}
    aria-hidden="true"
  >
    {presence && <span className={`${styles.presence} ${styles[presence] ?? ""}`} data-presence={presence} />}
  </span>
);
