import { keptAs } from "@chinwag/client/browser";
import type { Account } from "@chinwag/protocol";
import { useText } from "@chinwag/react/language";
import { Button, Field, Form, PasswordField, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";
import { thisBrowser } from "./this-browser.ts";
import { Welcome } from "./welcome.tsx";

/** Whether somebody has signed in with this browser before. */
const WAS_HERE = keptAs("chinwag:was-here");

interface Props {
  /** Why the last chat in this page ended. */
  readonly why?: string | undefined;
  readonly onDone: (account: Account) => void;
}

const SignInScreen = ({ why, onDone }: Props) => {
  const t = useText();
  const [wasHere] = useState(() => localStorage.getItem(WAS_HERE) !== null);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, run } = useRequest();

  const signIn = () =>
    run(async () => {
      const { account } = await api.signIn({
        username: username.trim().toLowerCase(),
        password,
        label: thisBrowser(),
      });
      localStorage.setItem(WAS_HERE, "yes");
      onDone(account);
    });

  return (
    <Welcome
      title={t(wasHere ? "signIn.again" : "signIn.title")}
      about={why ?? t(wasHere ? "signIn.aboutAgain" : "signIn.about")}
    >
      <Form onSubmit={signIn} problem={problem}>
        <Field
          label={t("people.name")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField
          label={t("signIn.password")}
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={busy}>
          {t(busy ? "signIn.busy" : "signIn.title")}
        </Button>
      </Form>
    </Welcome>
  );
};

export default SignInScreen;
