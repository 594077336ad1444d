import { useEffect, useEffectEvent, useLayoutEffect, useState } from "react";
import { keepFocus, opener } from "./focus.ts";

/**
 * What lies over the page, the topmost last: dialogs, menus, panels, the picture viewer. Each has a history entry of its
 * own, so that the browser's Back closes the topmost one before it leaves the room.
 */
interface Layer {
  readonly close: () => void;
  /** Whether it hides what is below it, as a menu does not. */
  readonly covers: boolean;
  /** What to focus after it has closed, the best first. */
  readonly openers: readonly HTMLElement[];
}

const layers: Layer[] = [];
const listeners = new Set<() => void>();

/** Whether a traversal of the history is under way; only one may be. */
let moving = false;
const waiting: (() => void)[] = [];
/** Milliseconds after which a traversal that changed nothing is given up: there was no such entry. */
const GIVE_UP = 1_000;
let giveUp: ReturnType<typeof setTimeout> | undefined;

/** The number of layers that belong to the current history entry. */
const depth = (): number => (history.state as { layers?: number } | null)?.layers ?? 0;

/** Whether the history is this application's. In a page that embeds a room it is not touched. */
let isWatched = false;

/** Makes the current history entry the one that belongs to the open layers. */
const settle = (): void => {
  if (moving) return;
  if (isWatched) settleHistory();
  if (!moving) for (const then of waiting.splice(0)) then();
};

const settleHistory = (): void => {
  const surplus = depth() - layers.length;
  if (surplus > 0) {
    moving = true;
    history.go(-surplus);
    giveUp = setTimeout(arrived, GIVE_UP);
    return;
  }
  for (let at = depth() + 1; at <= layers.length; at += 1)
    history.pushState({ ...history.state, layers: at }, "");
};

const arrived = (): void => {
  moving = false;
  clearTimeout(giveUp);
  for (const layer of layers.slice(depth()).reverse()) layer.close();
  // Once React has removed what was closed.
  setTimeout(settle);
};

const changed = (): void => {
  for (const listener of listeners) listener();
  queueMicrotask(settle);
};

const remove = (layer: Layer): void => {
  const at = layers.indexOf(layer);
  if (at < 0) return;
  layers.splice(at, 1);
  changed();
};

/** Begins to watch the history. A page loaded at a layer's entry goes back to the entry below the layers. */
export const watchLayers = (): (() => void) => {
  isWatched = true;
  addEventListener("popstate", arrived);
  settle();
  return () => {
    isWatched = false;
    removeEventListener("popstate", arrived);
  };
};

/** Closes all layers and runs `then` once their history entries are gone. */
export const leaveLayers = (then: () => void): void => {
  const closed = layers.splice(0).reverse();
  for (const layer of closed) layer.close();
  if (closed.length > 0) changed();
  waiting.push(then);
  settle();
};

/** Whether anything hides the page below. */
export const isCovered = (): boolean => layers.some((layer) => layer.covers);

export const onLayersChange = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** What opens now was opened by the control in use; if that is gone by then, by what opened the layer around it. */
const openersNow = (): readonly HTMLElement[] => {
  const now = opener();
  const home = now?.closest(".chinwag-room")?.querySelector<HTMLElement>("[data-focus-home]");
  const outer = layers.toReversed().flatMap((layer) => layer.openers);
  return [now, ...outer, home].filter((each) => each != null);
};

/**
 * Makes the calling component a layer while it is mounted and `active`. When it is gone, the focus goes to what opened it,
 * or to a sensible place if that is gone too; but not if it is somewhere else by then, as in a dialog that an item of a menu
 * has opened.
 */
export const useLayer = (onClose: () => void, { active = true, covers = true } = {}): void => {
  // Read while rendering, because a field with `autoFocus` has the focus before any effect runs.
  const [openers] = useState(openersNow);
  const close = useEffectEvent(onClose);
  useLayoutEffect(() => {
    if (!active) return;
    const layer: Layer = { close: () => close(), covers, openers };
    layers.push(layer);
    changed();
    return () => remove(layer);
  }, [active, covers, openers]);
  // After the effects of what opens at the same time.
  useEffect(() => () => queueMicrotask(() => keepFocus(openers)), [openers]);
};
