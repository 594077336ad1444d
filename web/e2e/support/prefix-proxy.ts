import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A reverse proxy that serves a server under a path prefix, which it removes from requests. */
export class PrefixProxy {
  readonly #prefix: string;
  readonly #server: Server;
  /** The URL of the server. */
  target = "";

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.#server = createServer((asked, answer) => {
      const onward = this.#onward(asked);
      if (!onward) return void answer.writeHead(404).end();
      onward.on("response", (answered) => {
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

  #onward(asked: IncomingMessage) {
    const { url = "", method = "GET", headers } = asked;
    if (!url.startsWith(this.#prefix)) return undefined;
    return request(`${this.target}/${url.slice(this.#prefix.length)}`, { method, headers });
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
