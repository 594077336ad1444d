import { Cell, Changes } from "@chinwag/client";
import { urlOf } from "@chinwag/client/browser";

/** A version of this page that is loaded and waits, with the function that begins to use it. */
const waiting = new Cell<(() => void) | undefined>(new Changes(), undefined);

export const { get: newVersion, subscribe: onNewVersion } = waiting;

let registration: ServiceWorkerRegistration | undefined;

/**
 * Keeps this page's files in the browser, so that it opens without a network, and notices new versions. Browsers offer
 * that only to pages over HTTPS or from this computer.
 */
export const keepPage = async (): Promise<void> => {
  if (registration || !import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    registration = await navigator.serviceWorker.register(urlOf("/sw.js"), { scope: urlOf("/") });
  } catch {
    // It is forbidden, or the network went: the next visit tries again.
    return;
  }
  const { serviceWorker } = navigator;
  const offer = () => {
    const worker = registration?.waiting;
    // The first version of all waits for nobody.
    if (!worker || !serviceWorker.controller) return;
    waiting.set(() => {
      serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      worker.postMessage("take over");
    });
  };
  registration.addEventListener("updatefound", () => {
    const worker = registration?.installing;
    worker?.addEventListener("statechange", () => worker.state === "installed" && offer());
  });
  offer();
};

/** Looks for a new version; for example, after the server was away. */
export const lookForNewVersion = (): void => void registration?.update().catch(() => {});
