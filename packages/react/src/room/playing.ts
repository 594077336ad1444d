import { Cell, Changes } from "@chinwag/client";
import { createContext } from "react";

/** The recording or film of a room that was started last. */
export interface Playing {
  readonly seq: number;
  readonly name: string;
  readonly element: HTMLMediaElement;
}

/** At most one recording or film plays in a room. Its row stays drawn, so that it goes on out of sight. */
export const createPlaying = (): Cell<Playing | undefined> =>
  new Cell<Playing | undefined>(new Changes(), undefined);

export const PlayingContext = createContext(createPlaying());
