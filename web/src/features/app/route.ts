import { leaveLayers } from "@chinwag/react/ui";
import { useSyncExternalStore } from "react";

/**
 * The open room, from the fragment: `#/team/backend` is that room, no fragment is the list of rooms. So the server
 * needs no page per room, and the phone's back button leads from a room to the list.
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

/** The room of the address before the last change. */
let before = openRoom();

/** Marks the history entry of a room that was entered from the list: there, "All rooms" is the same as Back. */
const mark = (): void => {
  const now = openRoom();
  if (before === undefined && now !== undefined && history.state === null)
    history.replaceState({ belowIsList: true }, "");
  before = now;
};

const belowIsList = (): boolean => (history.state as { belowIsList?: boolean } | null)?.belowIsList === true;

const subscribe = (listener: () => void): (() => void) => {
  const came = () => {
    mark();
    listener();
  };
  addEventListener("hashchange", came);
  return () => removeEventListener("hashchange", came);
};

export const useOpenRoom = (): string | undefined => useSyncExternalStore(subscribe, openRoom);

export const hrefOf = (topic: string): string => `#/${encodeURI(topic)}`;

/** Opens a room. What lies over the page is closed first, so that Back does not lead to it. */
export const goToRoom = (topic: string): void =>
  leaveLayers(() => {
    location.hash = hrefOf(topic);
  });

/** Goes there without adding a history entry. */
export const replaceRoom = (topic: string | undefined): void => {
  history.replaceState(history.state, "", topic === undefined ? location.pathname : hrefOf(topic));
  before = topic;
  dispatchEvent(new Event("hashchange"));
};

/** Goes to the list of rooms: back to it, if it is the entry below. */
export const goToList = (): void =>
  leaveLayers(() => {
    if (belowIsList()) history.back();
    else replaceRoom(undefined);
  });

/** Leaves the view of a room, unless another room is open by now. */
export const awayFrom = (topic: string): void => {
  if (openRoom() === topic) goToList();
};
