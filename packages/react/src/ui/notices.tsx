import { createStore } from "@chinwag/client";
import { lazy, Suspense, useSyncExternalStore } from "react";

export interface Notice {
  readonly id: number;
  readonly text: string;
  /** A button in the notice, such as "Undo". */
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

/** Notices that are not shown yet: what shows them is loaded with the first one. */
const notices = createStore(
  (held: readonly Notice[], change: { add: Notice } | { taken: number }) =>
    "add" in change ? [...held, change.add] : held.filter(({ id }) => id > change.taken),
  [],
);

let last = 0;

/** Shows a short notice at the bottom of the window. It stays while it has the pointer or the focus. */
export const notify = (text: string, action?: Notice["action"]): void => {
  last += 1;
  notices.dispatch({ add: { id: last, text, action } });
};

const Toasts = lazy(() => import("./toasts.tsx"));

export const Notices = () => {
  const held = useSyncExternalStore(notices.subscribe, notices.get);
  if (last === 0) return null;
  return (
    <Suspense>
      <Toasts notices={held} onTaken={(taken) => notices.dispatch({ taken })} />
    </Suspense>
  );
};
