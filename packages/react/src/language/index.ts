export { type Key, withoutIsolates } from "./format.ts";
export {
  beginEmbeddedLanguage,
  beginLanguage,
  browserLanguage,
  chooseLanguage,
  chosenLanguage,
  currentText,
  LANGUAGES,
  type LanguageCode,
  perLanguage,
  setLanguage,
  useText,
} from "./language.ts";
export { listed } from "./list.ts";
export type { Text } from "./text.ts";
