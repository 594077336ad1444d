const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** The order of names in a list: cruz2 is before cruz10. */
export const byName = (a: string, b: string): number => collator.compare(a, b);
