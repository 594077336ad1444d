import { useCell, useChat } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { applyTheme, Button, chosenTheme, Form, type Theme, useRequest } from "@chinwag/react/ui";
import { LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { Language } from "./language.tsx";
import { Notifications } from "./notifications.tsx";
import styles from "./settings.module.css";

/** The first page of the settings: what is chosen for this device, and signing out. */
export const Profile = () => (
  <>
    <Appearance />
    <Language />
    <Notifications />
    <SignOut />
  </>
);

const THEMES = [
  { theme: "system", name: "settings.system", Icon: Monitor },
  { theme: "light", name: "settings.light", Icon: Sun },
  { theme: "dark", name: "settings.dark", Icon: Moon },
] as const;

const Appearance = () => {
  const t = useText();
  const [chosen, setChosen] = useState<Theme>(chosenTheme);
  const choose = (theme: Theme) => {
    applyTheme(theme);
    setChosen(theme);
  };
  return (
    <section className={styles.section}>
      <h3 id="appearance">{t("settings.appearance")}</h3>
      <fieldset className={styles.themes} aria-labelledby="appearance">
        {THEMES.map(({ theme, name, Icon }) => (
          <label key={theme}>
            <input
              className="visually-hidden"
              type="radio"
              name="theme"
              checked={chosen === theme}
              onChange={() => choose(theme)}
            />
            <Icon size={17} /> {t(name)}
          </label>
        ))}
      </fieldset>
    </section>
  );
};

const SignOut = () => {
  const t = useText();
  const chat = useChat();
  const waiting = useCell(chat.store.state.outbox, (entries) => entries.length);
  const { busy, problem, run } = useRequest();
  return (
    <section className={styles.section}>
      <h3>{t("settings.thisBrowser")}</h3>
      <Form onSubmit={() => run(() => chat.signOut())} problem={problem}>
        <p className={styles.about}>
          {waiting === 0 ? t("settings.keptUntil") : t("settings.unsent", { count: waiting })}
        </p>
        <div>
          <Button type="submit" look="danger" disabled={busy}>
            <LogOut size={17} className="mirrored" /> {t("settings.signOut")}
          </Button>
        </div>
      </Form>
    </section>
  );
};
