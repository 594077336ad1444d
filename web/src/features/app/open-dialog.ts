import { Cell, Changes } from "@chinwag/client";
import { useSyncExternalStore } from "react";

/** A dialog of the application, with what it needs to know. */
export type Asked =
  | { readonly dialog: "create"; readonly title?: string }
  | { readonly dialog: "browse" | "keys" | "people" | "settings" | "switcher" }
  /** `onAdded` is called with the name of the new account. */
  | { readonly dialog: "account"; readonly name?: string; readonly onAdded?: (name: string) => unknown }
  | { readonly dialog: "edit" | "leave"; readonly topic: string };

const asked = new Cell<Asked | undefined>(new Changes(), undefined);

/** Opens a dialog in place of the one that is open. */
export const openDialog = (dialog: Asked): void => asked.set(dialog);

export const closeDialog = (): void => asked.set(undefined);

/** Closes this dialog if it is open, and opens it if none is; returns whether it opens. */
export const toggleDialog = (dialog: Asked): boolean => {
  const now = asked.get();
  if (now === undefined) asked.set(dialog);
  else if (now.dialog === dialog.dialog) asked.set(undefined);
  return now === undefined;
};

export const useAskedDialog = (): Asked | undefined => useSyncExternalStore(asked.subscribe, asked.get);
