import { createStore } from "@chinwag/client";
import { useSyncExternalStore } from "react";

/** A dialog of the application, with what it needs to know. */
export type Asked =
  | { readonly dialog: "create"; readonly title?: string }
  | { readonly dialog: "browse" | "people" | "settings" }
  /** `onAdded` is called with the name of the new account. */
  | { readonly dialog: "account"; readonly name?: string; readonly onAdded?: (name: string) => unknown }
  | { readonly dialog: "edit" | "leave"; readonly topic: string };

const asked = createStore<Asked | undefined, Asked | undefined>((_, next) => next, undefined);

/** Opens a dialog in place of the one that is open. */
export const openDialog = (dialog: Asked): void => asked.dispatch(dialog);

export const closeDialog = (): void => asked.dispatch(undefined);

export const useAskedDialog = (): Asked | undefined => useSyncExternalStore(asked.subscribe, asked.get);
