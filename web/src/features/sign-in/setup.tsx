import type { Account } from "@chinwag/protocol";
import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { useText } from "@chinwag/react/language";
import { Button, Field, Form, PasswordField, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";
import { thisBrowser } from "./this-browser.ts";
import { Welcome } from "./welcome.tsx";

/**
 * The form with which the first person creates the administrator account, using the token from the server's one-time
 * link.
 */
const SetupScreen = ({ token, onDone }: { token: string; onDone: (account: Account) => void }) => {
  const t = useText();
  const [code, setCode] = useState(token);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, run } = useRequest();

  const create = () =>
    run(async () => {
      // If the whole link is pasted, only the part after the '#' counts.
      const body = {
        token: code.trim().replace(/^.*#/, ""),
        username: username.trim().toLowerCase(),
        password,
        label: thisBrowser(),
      };
      const { account } = await api.setup(body);
      onDone(account);
    });

  return (
    <Welcome title={t("setup.title")} about={t("setup.about")}>
      <Form onSubmit={create} problem={problem}>
        {token === "" && (
          <Field
            label={t("setup.link")}
            name="code"
            hint={t("setup.linkHint")}
            dir="ltr"
            autoFocus
            required
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        <Field
          label={t("setup.name")}
          name="username"
          hint={t("setup.nameHint")}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={token !== ""}
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField
          label={t("signIn.password")}
          name="password"
          hint={t("password.hint", { count: PASSWORD_MIN_CHARS })}
          autoComplete="new-password"
          minLength={PASSWORD_MIN_CHARS}
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={busy}>
          {t(busy ? "setup.busy" : "setup.create")}
        </Button>
      </Form>
    </Welcome>
  );
};

export default SetupScreen;
