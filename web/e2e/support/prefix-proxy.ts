import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A reverse proxy that serves a server under a path prefix, which it removes from requests. */
export class PrefixProxy {
  readonly #prefix: string;
  readonly #server: Server;
  /** The URL of the server. */
  target = "";
  /** Changes the page and its service worker, as a new version of the server would. */
  rewrite: ((text: string) => string) | undefined;

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.#server = createServer((asked, answer) => {
      const onward = this.#onward(asked);
      if (!onward) return void answer.writeHead(404).end();
      onward.on("response", (answered) => {
        if (this.rewrite && this.#isVersioned(asked)) return void this.#rewritten(answered, answer);
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      });
      onward.on("error", () => answer.destroy());
      asked.pipe(onward);
    });
    this.#server.on("upgrade", (asked: IncomingMessage, client: Socket) => {
      const onward = this.#onward(asked);
      if (!onward) return void client.destroy();
      onward.on("upgrade", (answered: IncomingMessage, server: Socket) => {
        const headers = Object.entries(answered.headers).map(([name, value]) => `${name}: ${value}`);
        client.write(["HTTP/1.1 101 Switching Protocols", ...headers, "", ""].join("\r\n"));
        client.pipe(server).pipe(client);
        for (const [one, other] of [
          [client, server],
          [server, client],
        ] as const)
          one.on("error", () => other.destroy()).on("close", () => other.destroy());
      });
      onward.on("error", () => client.destroy());
      onward.end();
    });
  }

  static async start(prefix: string): Promise<PrefixProxy> {
    const proxy = new PrefixProxy(prefix);
    await new Promise<void>((ready) => proxy.#server.listen(0, "127.0.0.1", ready));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#prefix}`;
  }

  #isVersioned({ url }: IncomingMessage): boolean {
    return url === this.#prefix || url === `${this.#prefix}sw.js`;
  }

  async #rewritten(answered: IncomingMessage, answer: ServerResponse): Promise<void> {
    const text = (await answered.setEncoding("utf8").toArray()).join("");
    const { "content-length": _, etag: __, ...headers } = answered.headers;
    answer.writeHead(answered.statusCode ?? 502, headers).end(this.rewrite?.(text));
  }

  #onward(asked: IncomingMessage) {
    const { url = "", method = "GET" } = asked;
    if (!url.startsWith(this.#prefix)) return undefined;
    const headers = { ...asked.headers };
    if (this.#isVersioned(asked)) {
      headers["accept-encoding"] = "identity";
      delete headers["if-none-match"];
    }
    return request(`${this.target}/${url.slice(this.#prefix.length)}`, { method, headers });
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
