import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Serves an empty page on an origin of its own, on the same site as the server: the browser sends it the cookie. */
export class PageServer {
  readonly #server: Server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Elsewhere</title>");
  });

  static async start(): Promise<PageServer> {
    const page = new PageServer();
    await new Promise<void>((ready) => page.#server.listen(0, "127.0.0.1", ready));
    return page;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
