export * from "./limits.gen.ts";
export * from "./topics.gen.ts";
export type * from "./types.gen.ts";
