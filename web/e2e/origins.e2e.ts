import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, Person } from "./support/browser";
import { PageServer } from "./support/page-server";
import { picture } from "./support/picture";
import { Server } from "./support/server";
import { PASSWORD } from "./support/world";

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  credentials?: RequestCredentials;
}

/** Fetches as a script in the page does; `undefined` if the browser keeps the answer from it. */
const fetched = (page: Page, url: string, asked: Asked = {}) =>
  page.evaluate(
    async ([url, asked]) => {
      const answer = await fetch(url, asked).catch(() => undefined);
      const range = answer?.headers.get("content-range");
      return answer && { status: answer.status, range, text: await answer.text() };
    },
    [url, asked] as const,
  );

/** Whether the page can show a picture. */
const shown = (page: Page, url: string) =>
  page.evaluate(async (url) => {
    const image = new Image();
    image.src = url;
    return image.decode().then(
      () => image.naturalWidth > 0,
      () => false,
    );
  }, url);

/** Connects by MQTT 3.1.1, with a name and a password or without; returns the CONNACK's code. */
const connected = (page: Page, url: string, name = "", password = "") =>
  page.evaluate(
    async ([url, name, password]) => {
      const text = (value: string) => [0, value.length, ...[...value].map((char) => char.charCodeAt(0))];
      const credentials = name ? [...text(name), ...text(password)] : [];
      const rest = [...text("MQTT"), 4, name ? 0xc2 : 2, 0, 0, ...text("x"), ...credentials];
      const socket = new WebSocket(url, "mqtt");
      socket.binaryType = "arraybuffer";
      return new Promise<number | undefined>((done) => {
        socket.onopen = () => socket.send(new Uint8Array([0x10, rest.length, ...rest]));
        socket.onmessage = ({ data }) => done(new Uint8Array(data)[3]);
        socket.onclose = () => done(undefined);
      }).finally(() => socket.close());
    },
    [url, name, password] as const,
  );

describe("pages of other origins, in a browser that is signed in", () => {
  let listed: PageServer;
  let other: PageServer;
  let server: Server;
  let browser: Browser;
  let ana: Person;

  const open = async (origin: string): Promise<Page> => {
    const page = await ana.page.context().newPage();
    await page.goto(origin);
    return page;
  };
  const url = (path: string) => `${server.url}${path}`;
  const socket = () => url("/mqtt").replace("http", "ws");

  beforeAll(async () => {
    [listed, other] = [await PageServer.start(), await PageServer.start()];
    server = await Server.start(["--allow-origin", listed.origin]);
    browser = await launch();
    await server.addUser("ana", PASSWORD);
    ana = await Person.signedIn(browser, server.url, "ana", PASSWORD);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    await listed?.end();
    await other?.end();
  });

  it("one on the list does everything with a token, and nothing with the cookie", async () => {
    const page = await open(listed.origin);
    expect(await fetched(page, url("/rooms"))).toMatchObject({ status: 401 });
    expect(await fetched(page, url("/rooms"), { credentials: "include" })).toBeUndefined();
    expect(await connected(page, socket())).not.toBe(0);

    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ username: "ana", password: PASSWORD });
    const signedIn = await fetched(page, url("/session"), { method: "POST", headers, body });
    expect(signedIn).toMatchObject({ status: 201 });
    const { token } = JSON.parse(signedIn?.text ?? "");
    const authorization = `Bearer ${token}`;
    expect(await fetched(page, url("/rooms"), { headers: { authorization } })).toMatchObject({ status: 200 });
    expect(await connected(page, socket(), "ana", token)).toBe(0);

    const { id } = await (
      await fetch(url("/media?name=sunset.png"), {
        method: "POST",
        headers: { authorization },
        body: new Uint8Array(picture()),
      })
    ).json();
    const part = await fetched(page, url(`/media/${id}`), { headers: { authorization, range: "bytes=1-3" } });
    expect(part).toMatchObject({ status: 206, text: "PNG", range: expect.stringMatching(/^bytes 1-3\//) });
    const signed = await fetched(page, url("/media/addresses"), {
      method: "POST",
      headers: { ...headers, authorization },
      body: JSON.stringify({ ids: [id] }),
    });
    const address = url(JSON.parse(signed?.text ?? "").addresses[id]);
    expect(await shown(page, address)).toBe(true);
    expect(await fetched(page, address)).toMatchObject({ status: 200 });
    expect(await shown(page, url(`/media/${id}`))).toBe(false);
    await page.close();

    const elsewhere = await open(other.origin);
    expect(await fetched(elsewhere, url("/rooms"), { headers: { authorization } })).toBeUndefined();
    expect(await fetched(elsewhere, url("/session"), { method: "POST", headers, body })).toBeUndefined();
    expect(await fetched(elsewhere, address)).toBeUndefined();
    expect(await shown(elsewhere, address)).toBe(true);
    expect(await connected(elsewhere, socket())).not.toBe(0);
    expect(await connected(elsewhere, socket(), "ana", token)).toBe(0);
    await elsewhere.close();
  });

  it("the web client is still signed in", async () => {
    await ana.page.reload();
    await ana.connected();
    expect(ana.errors).toEqual([]);
  });
});
