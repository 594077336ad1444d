/** Pixels that an on-screen keyboard covers at least; what a browser's own bars cover is less. */
const KEYBOARD = 100;

/** What is known of the window, so that tests can be one. */
interface Surroundings {
  readonly seen: Pick<
    VisualViewport,
    "height" | "offsetTop" | "scale" | "addEventListener" | "removeEventListener"
  > | null;
  /** The height of the window, whatever covers it. */
  height(): number;
  readonly style: Pick<CSSStyleDeclaration, "setProperty" | "removeProperty">;
  /** Called once the page fits. */
  fitted(): void;
}

const page = (): Surroundings => ({
  seen: visualViewport,
  height: () => innerHeight,
  style: document.documentElement.style,
  // In a form that has become lower, the field may be outside.
  fitted: () => document.activeElement?.scrollIntoView({ block: "nearest" }),
});

/**
 * Tells the styles which part of the window an on-screen keyboard leaves, where the keyboard lies over the page as on
 * iOS. Elsewhere the window becomes smaller by itself (`interactive-widget=resizes-content`). Returns the function that
 * stops it.
 */
export const watchKeyboard = ({ seen, height, style, fitted } = page()): (() => void) => {
  if (!seen) return () => {};
  const look = () => {
    const covered = height() - seen.height;
    // Whoever has zoomed in sees a part of the page, and moves that part.
    if (seen.scale > 1.01 || covered < KEYBOARD) {
      for (const name of NAMES) style.removeProperty(name);
      return;
    }
    const values = [seen.height, seen.offsetTop, covered - seen.offsetTop, 0];
    for (const [index, name] of NAMES.entries()) style.setProperty(name, `${values[index]}px`);
    fitted();
  };
  look();
  // On iOS, the page is scrolled under the keyboard, too.
  for (const event of EVENTS) seen.addEventListener(event, look);
  return () => {
    for (const event of EVENTS) seen.removeEventListener(event, look);
  };
};

const EVENTS = ["resize", "scroll"] as const;

/** The properties of the styles, see `tokens.css`. */
const NAMES = ["--window-height", "--window-top", "--window-bottom", "--safe-bottom"] as const;
