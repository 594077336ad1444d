import type { BrowserContextOptions, Locator } from "playwright-core";

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** Puts a finger on a message, waits until something is true, and lifts it. */
export const rest = async (message: Locator, until: () => Promise<unknown>): Promise<void> => {
  // Wait until the row no longer moves.
  await message.click({ trial: true });
  const box = await message.locator("p").boundingBox();
  if (!box) throw new Error("the message is not drawn");
  const devtools = await message.page().context().newCDPSession(message.page());
  const touchPoints = [{ x: box.x + 20, y: box.y + 10 }];
  await devtools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await until();
  await devtools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
};
