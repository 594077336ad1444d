import { perLanguage } from "../language/index.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

const formats = perLanguage((locale) =>
  UNITS.map((unit, step) => {
    const unitDisplay = step === 0 ? "long" : "short";
    const format = (digits: number) =>
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        unitDisplay,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
    return { whole: format(0), tenths: format(1) };
  }),
);

/** Formats a number of bytes for display. */
export const sizeInWords = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const { whole, tenths } = formats()[unit] as ReturnType<typeof formats>[number];
  return (unit === 0 || value >= 100 ? whole : tenths).format(value);
};
