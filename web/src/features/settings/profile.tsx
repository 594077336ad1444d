import { useCell, useChat } from "@chinwag/react";
import { applyTheme, Button, chosenTheme, Form, type Theme, useRequest } from "@chinwag/react/ui";
import { LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { Notifications } from "./notifications.tsx";
import styles from "./settings.module.css";

/** The first page of the settings: what is chosen for this device, and signing out. */
export const Profile = () => (
  <>
    <Appearance />
    <Notifications />
    <SignOut />
  </>
);

const THEMES = [
  { theme: "system", name: "System", Icon: Monitor },
  { theme: "light", name: "Light", Icon: Sun },
  { theme: "dark", name: "Dark", Icon: Moon },
] as const;

const Appearance = () => {
  const [chosen, setChosen] = useState<Theme>(chosenTheme);
  const choose = (theme: Theme) => {
    applyTheme(theme);
    setChosen(theme);
  };
  return (
    <section className={styles.section}>
      <h3 id="appearance">Appearance</h3>
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
            <Icon size={17} /> {name}
          </label>
        ))}
      </fieldset>
    </section>
  );
};

const SignOut = () => {
  const chat = useChat();
  const waiting = useCell(chat.store.state.outbox, (entries) => entries.length);
  const { busy, problem, run } = useRequest();
  return (
    <section className={styles.section}>
      <h3>This browser</h3>
      <Form onSubmit={() => run(() => chat.signOut())} problem={problem}>
        <p className={styles.about}>
          {waiting === 0 && "What you have not sent is kept until you sign out."}
          {waiting === 1 && "One message has not been sent yet. It will be lost if you sign out."}
          {waiting > 1 && `${waiting} messages have not been sent yet. They will be lost if you sign out.`}
        </p>
        <div>
          <Button type="submit" look="danger" disabled={busy}>
            <LogOut size={17} /> Sign out
          </Button>
        </div>
      </Form>
    </section>
  );
};
