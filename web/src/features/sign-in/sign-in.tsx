import type { Account } from "@chinwag/protocol";
import { Button, Field, Form, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";
import { Welcome } from "./welcome.tsx";

interface Props {
  /** Why the last chat in this page ended. */
  readonly why?: string | undefined;
  readonly onDone: (account: Account) => void;
}

export const SignInScreen = ({ why, onDone }: Props) => {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, run } = useRequest();

  const signIn = () =>
    run(async () => {
      const { account } = await api.signIn({ username: username.trim().toLowerCase(), password });
      onDone(account);
    });

  return (
    <Welcome title="Welcome back" about={why ?? "Sign in to pick up where you left off."}>
      <Form onSubmit={signIn} problem={problem}>
        <Field
          label="Name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
      </Form>
    </Welcome>
  );
};
