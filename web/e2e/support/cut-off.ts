import type { Person } from "./browser";

/**
 * Returns the elements that make the page wider than its window. What scrolls by itself, such as a table or code in a
 * message, may have more.
 */
export const wider = ({ page }: Person): Promise<string[]> =>
  page.evaluate(() => {
    const scrolls = (element: Element): boolean =>
      ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(element).overflowX);
    const isHeld = (element: Element): boolean => {
      for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
        if (scrolls(box) && box.getBoundingClientRect().right <= innerWidth + 1) return true;
      return false;
    };
    const found = [...document.body.querySelectorAll("*")].filter((element) => {
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
      const { left, right, width, height } = element.getBoundingClientRect();
      return width > 1 && height > 1 && (left < -1 || right > innerWidth + 1) && !isHeld(element);
    });
    const sideways = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
    // A message list that is dragged aside by one long word would scroll by itself; nothing but tables and code may.
    const lists = [...document.querySelectorAll("main *, nav *, [role=dialog] *")].filter(
      (box) =>
        ["auto", "scroll"].includes(getComputedStyle(box).overflowX) &&
        box.scrollWidth > box.clientWidth + 1 &&
        !box.closest("pre, [class*=table], textarea, input"),
    );
    const name = (element: Element) =>
      `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`;
    return [...sideways, ...[...found, ...lists].map(name)];
  });

/**
 * Returns what can be pressed or written into but can't be brought into the window as a whole, or is covered by something
 * else there.
 */
export const cutOff = ({ page }: Person, within = "body"): Promise<string[]> =>
  page.evaluate((within) => {
    const layers = [...document.querySelectorAll("[role=dialog], [role=alertdialog], [role=menu]")];
    const top = layers.at(-1) ?? document.querySelector(within) ?? document.body;
    const controls = top.querySelectorAll("button, a[href], input, textarea, [role=menuitem], [role=tab]");
    const isShown = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
      !element.closest("[aria-hidden=true], [inert], .visually-hidden, [data-base-ui-focus-guard]");
    const problemOf = (element: Element): string | undefined => {
      element.scrollIntoView({ block: "nearest", inline: "nearest" });
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      if (width < 2 || height < 2) return undefined;
      if (left < -1 || right > innerWidth + 1) return "leaves the window sideways";
      if (top < -1 || bottom > innerHeight + 1) return "leaves the window above or below";
      const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const isHit = at && (element.contains(at) || at.contains(element));
      return isHit ? undefined : `is covered by ${at?.tagName} ${at?.className}`;
    };
    return [...controls].filter(isShown).flatMap((element) => {
      const before = document.activeElement;
      // It may be there only while it has the focus.
      const isFixed = getComputedStyle(element).position === "fixed";
      if (isFixed) (element as HTMLElement).focus();
      const problem = problemOf(element);
      if (isFixed) (element as HTMLElement).blur();
      if (isFixed && before !== document.body) (before as HTMLElement | null)?.focus();
      const name = element.ariaLabel ?? element.textContent?.slice(0, 40);
      return problem ? [`${element.tagName} "${name}" ${problem}`] : [];
    });
  }, within);
