// Removes the package's last build, so that nothing of a deleted file is packed.
import { rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
