import type { Account } from "@chinwag/protocol";
import { State } from "./model.ts";
import { type Action, reduce } from "./reducer.ts";

/** The state and the only way to change it. */
export interface Store {
  readonly state: State;
  dispatch(action: Action): void;
  /** Runs `work`; whatever it dispatches is told to listeners once, after it. */
  batch<T>(work: () => T): T;
}

export const createStore = (me: Account): Store => {
  const state = new State(me);
  const batch = <T>(work: () => T): T => state.changes.batch(work);
  return { state, batch, dispatch: (action) => batch(() => reduce(state, action)) };
};
