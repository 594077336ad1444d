import { createContext, type RefObject, useContext } from "react";

/** What a room needs to know of the page that it is embedded in. */
export interface Embedded {
  /** The element that everything of the room is in. */
  readonly box: RefObject<HTMLElement | null>;
  /** Whether it is within the window. */
  readonly onScreen: boolean;
}

const EmbeddedContext = createContext<Embedded | undefined>(undefined);

export const EmbeddedProvider = EmbeddedContext.Provider;

/** Set in a page that is not Chinwag's own, where a room takes nothing that it was not given. */
export const useEmbedded = (): Embedded | undefined => useContext(EmbeddedContext);
