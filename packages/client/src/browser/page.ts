import { addressOf } from "../api/address.ts";

/** The address of the server that this page came from; it may be under a path prefix of a proxy. */
export const pageServer = (): string => new URL(".", document.baseURI).href;

/** The address of a path of the server that this page came from. */
export const urlOf = (path: string): string => addressOf(pageServer(), path);

/** Whether the page is at this address. */
export const isAt = (path: string): boolean => location.pathname === new URL(urlOf(path)).pathname;

/** A name for browser storage: one host may have several servers under different paths. */
export const keptAs = (name: string): string => {
  const { pathname } = new URL(pageServer());
  return pathname === "/" ? name : `${name}@${pathname}`;
};
