import type { Event } from "@chinwag/protocol";

const decoder = new TextDecoder();

/** Parses a payload; undefined if it is not JSON. */
export const decode = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return undefined;
  }
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isEvent = (value: unknown): value is Event =>
  isObject(value) &&
  Number.isSafeInteger(value.seq) &&
  typeof value.topic === "string" &&
  typeof value.sender === "string" &&
  typeof value.sent_at === "string" &&
  typeof value.type === "string";
