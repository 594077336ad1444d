import { createContext, useContext } from "react";

/** What can be done with a person from a room. */
export interface PersonActions {
  /** Writes their name into the message that is being written. */
  readonly mention?: ((name: string) => void) | undefined;
  /** Opens the direct conversation with them. */
  readonly talk?: ((name: string) => void) | undefined;
}

const PersonActionsContext = createContext<PersonActions>({});

export const PersonActionsProvider = PersonActionsContext.Provider;

export const usePersonActions = (): PersonActions => useContext(PersonActionsContext);
