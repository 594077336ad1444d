// A site of its own, which says to its pages who they are: here always the person of CHINWAG_TOKEN.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

const { CHINWAG_URL = "http://127.0.0.1:8080", CHINWAG_TOKEN, PORT = "3000" } = process.env;
const CHINWAG = process.env.CHINWAG_FILES ?? "../../packages/react/dist/standalone/";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

const fileOf = (path) => {
  if (path.includes("..")) return undefined;
  if (path.startsWith("/chinwag/")) return new URL(path.slice(9), new URL(CHINWAG, import.meta.url));
  return path === "/" ? new URL("index.html", import.meta.url) : undefined;
};

const server = createServer(async ({ url }, response) => {
  const { pathname } = new URL(url, "http://site");
  // A real site signs people in first, and returns the token of whoever asks.
  if (pathname === "/chat-access")
    return response.end(JSON.stringify({ url: CHINWAG_URL, token: CHINWAG_TOKEN }));
  const file = fileOf(pathname);
  const bytes = file && (await readFile(file).catch(() => undefined));
  if (!bytes) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file.pathname)] }).end(bytes);
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
