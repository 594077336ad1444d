import { useText } from "@chinwag/react/language";
import { Select } from "@chinwag/react/ui";
import { useLanguageChoice } from "../language/use-language-choice.tsx";
import styles from "./settings.module.css";

/** The language of this page, in the settings. */
export const Language = () => {
  const t = useText();
  return (
    <section className={styles.section}>
      <Select label={t("settings.language")} {...useLanguageChoice()} />
    </section>
  );
};
