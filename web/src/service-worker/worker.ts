// The service worker: keeps the files of the web client, so that it opens at once and without a network. What people
// write and read is not here but in IndexedDB.

// Without an export or import, TypeScript would take this for a script that shares its names with all others.
export {};

declare const self: ServiceWorkerGlobalScope;

/** The files of this version, relative to the scope; the build fills them in (`web/build/precache.ts`). */
declare const PRECACHED: { readonly version: string; readonly files: readonly string[] };

const PREFIX = "chinwag-";
const CACHE = `${PREFIX}${PRECACHED.version}@${self.registration.scope}`;
/** Tabs that still run an earlier version load the rest of its files from here. */
const VERSIONS_KEPT = 3;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", ({ data }) => {
  // The person has chosen to load the new version.
  if (data === "take over") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const answer = respond(event.request);
  if (answer) event.respondWith(answer);
});

// A notification leads to its room: in a tab that is open, or in a new one.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openRoom(`${event.notification.data}`));
});

const openRoom = async (hash: string): Promise<void> => {
  const tabs = await self.clients.matchAll({ type: "window" });
  const tab = tabs.find(({ focused }) => focused) ?? tabs[0];
  if (!tab) return void (await self.clients.openWindow(`./${hash}`));
  tab.postMessage({ open: hash });
  await tab.focus();
};

const install = async (): Promise<void> => {
  const cache = await caches.open(CACHE);
  // The page itself has no hash in its name, so the browser may have an older one.
  await cache.add(new Request("./", { cache: "reload" }));
  await cache.addAll([...PRECACHED.files]);
};

const activate = async (): Promise<void> => {
  const mine = (await caches.keys()).filter(
    (name) => name.startsWith(PREFIX) && name.endsWith(`@${self.registration.scope}`),
  );
  const old = mine.filter((name) => name !== CACHE).slice(0, 1 - VERSIONS_KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
};

/** The response to a request for a file of the web client; undefined for everything else. */
const respond = (request: Request): Promise<Response> | undefined => {
  const url = new URL(request.url);
  const { scope } = self.registration;
  if (request.method !== "GET" || !url.href.startsWith(scope)) return undefined;
  const path = url.href.slice(scope.length).replace(/[?#].*$/, "");
  if (request.mode === "navigate") return path === "" ? page(request) : undefined;
  return path.startsWith("assets/") ? file(request) : undefined;
};

const page = async (request: Request): Promise<Response> => {
  const cache = await caches.open(CACHE);
  return (await cache.match("./", { ignoreVary: true })) ?? fetch(request);
};

/** Files have hashes in their names: those of all versions are right. */
const file = async (request: Request): Promise<Response> =>
  (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
