import { Cell, Changes } from "@chinwag/client";
import { lazy, Suspense, useSyncExternalStore } from "react";
import type { Notice } from "./toasts.tsx";

/** Notices that are not shown yet: what shows them is loaded with the first one. */
const notices = new Cell<readonly Notice[]>(new Changes(), []);

let last = 0;

/** Shows a short notice at the bottom of the window. It stays while it has the pointer or the focus. */
export const notify = (text: string, action?: Notice["action"]): void => {
  last += 1;
  notices.set([...notices.get(), { id: last, text, action }]);
};

/** Those up to this number are shown by now. */
const taken = (id: number): void => notices.set(notices.get().filter((notice) => notice.id > id));

const Toasts = lazy(() => import("./toasts.tsx"));

export const Notices = () => {
  const held = useSyncExternalStore(notices.subscribe, notices.get);
  if (last === 0) return null;
  return (
    <Suspense>
      <Toasts notices={held} onTaken={taken} />
    </Suspense>
  );
};
