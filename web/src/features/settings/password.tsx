import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { useText } from "@chinwag/react/language";
import { Actions, Button, Form, PasswordField, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";
import styles from "./settings.module.css";

export const Password = () => {
  const t = useText();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const { busy, problem, run } = useRequest();

  const change = async () => {
    setDone(false);
    if (!(await run(() => api.changePassword({ current, new: next })))) return;
    setCurrent("");
    setNext("");
    setDone(true);
  };

  return (
    <section className={styles.section}>
      <h3>{t("settings.changePassword")}</h3>
      <p className={styles.about}>{t("settings.changePasswordAbout")}</p>
      <Form onSubmit={change} problem={problem} done={done && t("settings.passwordChanged")}>
        <PasswordField
          label={t("settings.currentPassword")}
          required
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <PasswordField
          label={t("settings.newPassword")}
          hint={t("password.hint", { count: PASSWORD_MIN_CHARS })}
          required
          minLength={PASSWORD_MIN_CHARS}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        <Actions>
          <Button type="submit" look="primary" disabled={busy}>
            {t("settings.changePasswordAction")}
          </Button>
        </Actions>
      </Form>
    </section>
  );
};
