/**
 * The server's addresses, relative to the page's own address, so that any path prefix of a proxy is kept. Build
 * addresses only here.
 */
const at = (path: string): URL => new URL(`.${path}`, document.baseURI);

export const urlOf = (path: string): string => at(path).href;

/** The WebSocket address of the broker embedded in the server that this page came from. */
export const webSocketUrl = (): string => {
  const url = at("/mqtt");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
};

/** Whether the page is at this address. */
export const isAt = (path: string): boolean => location.pathname === at(path).pathname;

/** A name for browser storage: one host may have several servers under different paths. */
export const keptAs = (name: string): string => {
  const { pathname } = at("/");
  return pathname === "/" ? name : `${name}@${pathname}`;
};
