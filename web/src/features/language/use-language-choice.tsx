import {
  browserLanguage,
  chooseLanguage,
  chosenLanguage,
  LANGUAGES,
  type LanguageCode,
  useText,
} from "@chinwag/react/language";
import { notify } from "@chinwag/react/ui";
import { type ChangeEvent, useState } from "react";

const CODES = Object.keys(LANGUAGES) as LanguageCode[];

/** What stands for the browser's language in the list. */
const BROWSER = "";

/**
 * What a list of languages needs. Each language has its own name in the list, so that it is found by those who read it.
 */
export const useLanguageChoice = () => {
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
  return {
    value: chosen ?? BROWSER,
    onChange: (event: ChangeEvent<HTMLSelectElement>) => void choose(event.target.value),
    children: (
      <>
        <option value={BROWSER}>
          {t("settings.languageBrowser", { language: LANGUAGES[browserLanguage()].name })}
        </option>
        {CODES.map((code) => (
          <option key={code} value={code} lang={LANGUAGES[code].tag}>
            {LANGUAGES[code].name}
          </option>
        ))}
      </>
    ),
  };
};
