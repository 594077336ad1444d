import fc from "fast-check";

/** Names that are properties of objects in JavaScript, look alike, or are hardly names at all. */
const AWKWARD = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "isPrototypeOf",
  "prototype",
  "toJSON",
  "toString",
  "valueOf",
  "",
  " ",
  "0",
  "-1",
  "length",
  "null",
  "undefined",
  "ana",
  "Ana",
  "аna",
  "é",
  "e\u0301",
  "get",
  "size",
  "dm/a/__proto__",
  "constructor/prototype",
];

/** Names as people choose them. */
export const anyName = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...AWKWARD) }, fc.string());

/** Several names, each once. */
export const someNames = fc.uniqueArray(anyName, { minLength: 1, maxLength: 12 });
