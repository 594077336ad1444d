// The style sheet's entry has no code, so its module is empty.
import { rmSync } from "node:fs";

rmSync("dist/style.js");
rmSync("dist/style.d.ts");
