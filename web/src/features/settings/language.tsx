import {
  browserLanguage,
  chooseLanguage,
  chosenLanguage,
  LANGUAGES,
  type LanguageCode,
  useText,
} from "@chinwag/react/language";
import { notify, Select } from "@chinwag/react/ui";
import { useState } from "react";
import styles from "./settings.module.css";

const CODES = Object.keys(LANGUAGES) as LanguageCode[];

/** What stands for the browser's language in the list. */
const BROWSER = "";

/** The language of this page. Each has its own name in the list, so that it is found by those who read it. */
export const Language = () => {
  const t = useText();
  const [chosen, setChosen] = useState<LanguageCode | undefined>(chosenLanguage);
  const choose = async (value: string) => {
    const next = value === BROWSER ? undefined : (value as LanguageCode);
    try {
      await chooseLanguage(next);
      setChosen(next);
    } catch {
      notify(t("settings.languageFailed"));
    }
  };
  return (
    <section className={styles.section}>
      <Select
        label={t("settings.language")}
        value={chosen ?? BROWSER}
        onChange={(event) => void choose(event.target.value)}
      >
        <option value={BROWSER}>
          {t("settings.languageBrowser", { language: LANGUAGES[browserLanguage()].name })}
        </option>
        {CODES.map((code) => (
          <option key={code} value={code} lang={LANGUAGES[code].tag}>
            {LANGUAGES[code].name}
          </option>
        ))}
      </Select>
    </section>
  );
};
