import type { Account } from "@chinwag/protocol";
import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { Button, Field, Form, PasswordField, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";
import { thisBrowser } from "./this-browser.ts";
import { Welcome } from "./welcome.tsx";

/**
 * The form with which the first person creates the administrator account, using the token from the server's one-time
 * link.
 */
export const SetupScreen = ({ token, onDone }: { token: string; onDone: (account: Account) => void }) => {
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
    <Welcome
      title="Let’s get you started"
      about="You’re the first one here, so your account will be the administrator’s."
    >
      <Form onSubmit={create} problem={problem}>
        {token === "" && (
          <Field
            label="First-start link"
            name="code"
            hint="The server printed it when it started. Paste it here."
            autoFocus
            required
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        <Field
          label="Your name"
          name="username"
          hint="Everybody sees it. Lower-case letters, digits, - _ and . but no spaces."
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={token !== ""}
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField
          label="Password"
          name="password"
          hint={`At least ${PASSWORD_MIN_CHARS} characters. A short sentence is a good one.`}
          autoComplete="new-password"
          minLength={PASSWORD_MIN_CHARS}
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={busy}>
          {busy ? "Setting up…" : "Create account"}
        </Button>
      </Form>
    </Welcome>
  );
};
