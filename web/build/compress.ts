import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(js|css|svg)$/;
/** Smaller files fit into one packet as they are. */
const SMALL = 1_024;

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

const compressed = async (path: string): Promise<void> => {
  if ((await stat(path)).size < SMALL) return;
  const bytes = await readFile(path);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(`${path}.br`, await brotli(bytes, { params }));
  await writeFile(`${path}.gz`, await deflate(bytes, { level: constants.Z_BEST_COMPRESSION }));
  // The server makes the plain form of the gzip one where somebody asks for it, so the binary need not carry it.
  await rm(path);
};

/** Leaves each larger text file of the build in two forms, `.br` and `.gz`, which the server sends as they are. */
export const compress = (): Plugin => ({
  name: "compress",
  apply: "build",
  async writeBundle({ dir = "dist" }, bundle) {
    const names = Object.keys(bundle).filter((name) => COMPRESSIBLE.test(name));
    await Promise.all(names.map((name) => compressed(join(dir, name))));
  },
});
