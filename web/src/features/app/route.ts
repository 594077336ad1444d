import { useSyncExternalStore } from "react";

/**
 * The open room, from the fragment: `#/team/backend` is that room, no fragment is the list of rooms. So the server
 * needs
 * no page per room, and the phone's back button leads from a room to the list.
 */
export const openRoom = (): string | undefined => {
  const { hash } = location;
  if (!hash.startsWith("#/") || hash.length < 3) return undefined;
  try {
    return decodeURI(hash.slice(2));
  } catch {
    return undefined;
  }
};

const subscribe = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

export const useOpenRoom = (): string | undefined => useSyncExternalStore(subscribe, openRoom);

const address = (topic: string | undefined): string =>
  topic === undefined ? location.pathname : `#/${encodeURI(topic)}`;

export const goToRoom = (topic: string): void => {
  location.hash = address(topic);
};

/** Goes there without adding a history entry. */
export const replaceRoom = (topic: string | undefined): void => {
  history.replaceState(null, "", address(topic));
  dispatchEvent(new Event("hashchange"));
};

/** Leaves the view of a room, unless another room is open by now. */
export const awayFrom = (topic: string): void => {
  if (openRoom() === topic) replaceRoom(undefined);
};
