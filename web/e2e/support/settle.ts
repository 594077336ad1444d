import type { Person } from "./browser";

/** Waits for fonts, pictures and the ends of animations. */
export const settle = async ({ page }: Person): Promise<void> => {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
    const finite = document
      .getAnimations()
      .filter((each) => each.effect?.getTiming().iterations !== Infinity);
    await Promise.all(finite.map((each) => each.finished.catch(() => {})));
  });
};
