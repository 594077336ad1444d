import { perLanguage } from "@chinwag/react/language";

const collator = perLanguage((locale) => new Intl.Collator(locale, { numeric: true, sensitivity: "base" }));

/** The order of names in a list: cruz2 is before cruz10. */
export const byName = (a: string, b: string): number => collator().compare(a, b);
