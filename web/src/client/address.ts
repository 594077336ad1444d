/**
 * The server's addresses are beside the page's own, whatever path a proxy has put before them. They are built here and
 * nowhere else.
 */
const at = (path: string): URL => new URL(`.${path}`, document.baseURI);

export const urlOf = (path: string): string => at(path).href;

/** The broker of the server that this page came from. */
export const webSocketUrl = (): string => {
  const url = at("/mqtt");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
};

/** Is the page at this address? */
export const isAt = (path: string): boolean => location.pathname === at(path).pathname;

/** A name for what is kept in the browser: under one host there may be several servers, each with a path of its own. */
export const keptAs = (name: string): string => {
  const { pathname } = at("/");
  return pathname === "/" ? name : `${name}@${pathname}`;
};
