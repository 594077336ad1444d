import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { useAdmin, useCell, useChat, useMe } from "@chinwag/react";
import {
  Actions,
  applyTheme,
  Button,
  chosenTheme,
  Dialog,
  Field,
  Form,
  type Theme,
  useRequest,
} from "@chinwag/react/ui";
import { LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { api } from "../../api.ts";
import { Devices } from "./devices.tsx";
import styles from "./settings.module.css";

export const SettingsDialog = ({ onClose }: { onClose: () => void }) => {
  const me = useMe();
  const admin = useAdmin();
  return (
    <Dialog
      title="Settings"
      about={`Signed in as ${me}${admin ? ", who looks after this place" : ""}.`}
      onClose={onClose}
    >
      <Appearance />
      <Devices />
      <Password />
      <SignOut />
    </Dialog>
  );
};

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

const Password = () => {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState<string>();
  const { busy, problem, run } = useRequest();

  const change = async () => {
    setDone(undefined);
    if (!(await run(() => api.changePassword({ current, new: next })))) return;
    setCurrent("");
    setNext("");
    setDone("Changed. You’re signed out everywhere else.");
  };

  return (
    <section className={styles.section}>
      <h3>Password</h3>
      <Form onSubmit={change} problem={problem} done={done}>
        <Field
          label="Current password"
          type="password"
          required
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <Field
          label="New password"
          hint={`At least ${PASSWORD_MIN_CHARS} characters.`}
          type="password"
          required
          minLength={PASSWORD_MIN_CHARS}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        <Actions>
          <Button type="submit" disabled={busy || current === "" || next === ""}>
            Change password
          </Button>
        </Actions>
      </Form>
    </section>
  );
};

const SignOut = () => {
  const chat = useChat();
  const waiting = useCell(chat.store.state.outbox, (entries) => entries.length);
  const { busy, problem, run } = useRequest();
  return (
    <section className={styles.section}>
      <Form onSubmit={() => run(() => chat.signOut())} problem={problem}>
        {waiting > 0 && (
          <p className={styles.about}>
            {waiting === 1 ? "One message has" : `${waiting} messages have`} not been sent yet and will be
            lost.
          </p>
        )}
        <Actions>
          <Button type="submit" look="danger" disabled={busy}>
            <LogOut size={17} /> Sign out
          </Button>
        </Actions>
      </Form>
    </section>
  );
};
