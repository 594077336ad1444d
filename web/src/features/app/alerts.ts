import type { Alert } from "@chinwag/client";
import { keptAs, urlOf } from "@chinwag/client/browser";
import { plain } from "@chinwag/client/text";
import icon from "../../assets/favicon.svg";
import { goToRoom, hrefOf } from "./route.ts";

/** What tells about messages on this device, each by choice. */
export type AlertKind = "notification" | "sound";

const KEYS: Readonly<Record<AlertKind, string>> = {
  notification: keptAs("chinwag:notify"),
  sound: keptAs("chinwag:sound"),
};

export const isChosen = (kind: AlertKind): boolean => localStorage.getItem(KEYS[kind]) !== null;

export const choose = (kind: AlertKind, on: boolean): void =>
  on ? localStorage.setItem(KEYS[kind], "yes") : localStorage.removeItem(KEYS[kind]);

/** Whether the browser may show notifications; undefined where it has none, as on pages that come over plain HTTP. */
export const permission = (): NotificationPermission | undefined =>
  isSecureContext && "Notification" in window ? Notification.permission : undefined;

/** Plays the chime; silent if it can't be loaded any more. */
export const playChime = (): Promise<void> =>
  import("./chime.ts").then(({ chime }) => chime()).catch(() => {});

/** Tells about a message meant for me, as chosen on this device. `room`: its title, if it is not a direct conversation. */
export const showAlert = async (alert: Alert, room: string | undefined): Promise<void> => {
  if (isChosen("sound")) void playChime();
  if (!isChosen("notification") || permission() !== "granted") return;
  const title = room === undefined ? alert.sender : `${alert.sender} – ${room}`;
  const options = { body: plain(alert.text ?? ""), tag: alert.topic, icon, data: hrefOf(alert.topic) };
  const worker = await navigator.serviceWorker?.getRegistration(urlOf("/"));
  // Phones know only those of a service worker.
  if (worker?.active) return worker.showNotification(title, options);
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    goToRoom(alert.topic);
    shown.close();
  };
};

/** Closes notifications once I am here, and opens the room of one that was clicked; returns what ends it. */
export const watchNotifications = (): (() => void) => {
  const stop = new AbortController();
  const { signal } = stop;
  const { serviceWorker } = navigator;
  serviceWorker?.addEventListener(
    "message",
    ({ data }: MessageEvent<{ open?: string }>) => {
      if (data.open !== undefined) location.hash = data.open;
    },
    { signal },
  );
  document.addEventListener("visibilitychange", closeNotifications, { signal });
  return () => stop.abort();
};

const closeNotifications = async (): Promise<void> => {
  if (document.visibilityState !== "visible") return;
  const worker = await navigator.serviceWorker?.getRegistration(urlOf("/"));
  for (const shown of (await worker?.getNotifications()) ?? []) shown.close();
};
