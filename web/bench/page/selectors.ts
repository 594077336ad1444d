import type { Locator, Page } from "playwright-core";

/*
 * Everything that the benchmark knows about the client's page. When the client is rebuilt, adapt this file only.
 */

/** A message, for code that runs in the page. What it scrolls in is its nearest ancestor that can scroll. */
export const MESSAGE = "article";

/** The address of a room. */
export const roomUrl = (url: string, topic: string): string => `${url}/#/${encodeURI(topic)}`;

/** The entry of a room in the sidebar, by its title. */
export const roomLink = (page: Page, title: string): Locator =>
  page.getByRole("navigation").getByRole("link", { name: title });

export const composer = (page: Page): Locator => page.getByRole("textbox", { name: /^Message / });

/** The quote in the message that says `reply`; a click on it leads to the original. */
export const quoteIn = (page: Page, reply: string): Locator =>
  page.getByRole("article").filter({ hasText: reply }).locator("[data-quote]");
