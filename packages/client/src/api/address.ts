/**
 * The address of a path of the server at `base`. The path of `base` is kept, because a proxy may serve Chinwag under a
 * prefix. Build addresses only here.
 */
export const addressOf = (base: string, path: string): string => {
  const root = new URL(base);
  if (!root.pathname.endsWith("/")) root.pathname += "/";
  return new URL(`.${path}`, root).href;
};

/** The WebSocket address of the broker embedded in the server at `base`. */
export const webSocketAddress = (base: string): string => addressOf(base, "/mqtt").replace(/^http/, "ws");
