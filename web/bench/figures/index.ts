import type { Figure } from "../figure";
import { crowd } from "./crowd";
import { flood } from "./flood";
import { jump } from "./jump";
import { open } from "./open";
import { reconnect } from "./reconnect";
import { scroll } from "./scroll";
import { roomSwitch } from "./switch";

/** In the order of the report. Within a scene, those that add messages come last. */
export const FIGURES: readonly Figure[] = [open, roomSwitch, flood, reconnect, jump, scroll, crowd];
