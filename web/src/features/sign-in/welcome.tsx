import { useText } from "@chinwag/react/language";
import { Logo } from "@chinwag/react/ui";
import { Globe } from "lucide-react";
import type { ReactNode } from "react";
import { useLanguageChoice } from "../language/use-language-choice.tsx";
import styles from "./welcome.module.css";

/** The layout of the sign-in pages: an introduction to Chinwag on one side, the form on the other. */
export const Welcome = ({
  title,
  about,
  children,
}: {
  title: string;
  about: string;
  children: ReactNode;
}) => {
  const t = useText();
  return (
    <div className={styles.welcome}>
      <aside className={styles.brand}>
        <p className={styles.name}>
          <Logo size={36} /> chinwag
        </p>
        <div className={styles.talk} aria-hidden="true">
          <span>{t("brand.ask")}</span>
          <span className={styles.answer}>{t("brand.answer")}</span>
          <span className={styles.thing}>{t("brand.thing")}</span>
        </div>
        <div>
          <h2 className={styles.claim}>{t("brand.claim")}</h2>
          <p className={styles.sub}>{t("brand.sub")}</p>
        </div>
      </aside>
      <main className={styles.form}>
        <div className={styles.card}>
          <p className={styles.smallName}>
            <Logo size={36} /> chinwag
          </p>
          <div>
            <h1>{title}</h1>
            <p>{about}</p>
          </div>
          {children}
        </div>
        <Language />
      </main>
    </div>
  );
};

/** For those who cannot read the language that the page began in: they know the globe, and their own language's name. */
const Language = () => {
  const t = useText();
  return (
    <div className={styles.language}>
      <Globe size={17} />
      <select aria-label={t("settings.language")} {...useLanguageChoice()} />
    </div>
  );
};
