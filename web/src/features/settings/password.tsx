import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { Actions, Button, Form, PasswordField, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";
import styles from "./settings.module.css";

export const Password = () => {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState<string>();
  const { busy, problem, run } = useRequest();

  const change = async () => {
    setDone(undefined);
    if (!(await run(() => api.changePassword({ current, new: next })))) return;
    setCurrent("");
    setNext("");
    setDone("Your password is changed. All other sign-ins and all access tokens have ended.");
  };

  return (
    <section className={styles.section}>
      <h3>Change your password</h3>
      <p className={styles.about}>
        This ends all other sign-ins and all access tokens. Devices need new tokens afterwards.
      </p>
      <Form onSubmit={change} problem={problem} done={done}>
        <PasswordField
          label="Current password"
          required
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <PasswordField
          label="New password"
          hint={`At least ${PASSWORD_MIN_CHARS} characters. A short sentence is a good one.`}
          required
          minLength={PASSWORD_MIN_CHARS}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        <Actions>
          <Button type="submit" look="primary" disabled={busy}>
            Change password
          </Button>
        </Actions>
      </Form>
    </section>
  );
};
