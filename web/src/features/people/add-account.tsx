import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { Actions, Button, Check, Dialog, Field, Form, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { api } from "../../api.ts";

/** The form with which an administrator creates an account for a person or a device. */
export const AddAccountDialog = ({ onClose }: { onClose: () => void }) => {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [admin, setAdmin] = useState(false);
  const [added, setAdded] = useState<string>();
  const { busy, problem, run } = useRequest();

  const add = async () => {
    setAdded(undefined);
    const made = await run(async () => {
      const account = await api.createAccount({ username: username.trim().toLowerCase(), password, admin });
      setAdded(account.name);
    });
    if (!made) return;
    setUsername("");
    setPassword("");
    setAdmin(false);
  };

  return (
    <Dialog title="Add a person" about="Or a thing: devices and scripts have accounts too." onClose={onClose}>
      <Form
        onSubmit={add}
        problem={problem}
        done={
          added && `${added} can sign in now. Tell them their password; they can change it in their settings.`
        }
      >
        <Field
          label="Name"
          hint="Lower-case letters, digits, - _ and ."
          autoFocus
          required
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <Field
          label="First password"
          hint={`At least ${PASSWORD_MIN_CHARS} characters.`}
          type="text"
          required
          minLength={PASSWORD_MIN_CHARS}
          autoComplete="off"
          spellCheck={false}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Check
          label="Administrator"
          hint="May add people and manage every room."
          checked={admin}
          onChange={(event) => setAdmin(event.target.checked)}
        />
        <Actions>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" look="primary" disabled={busy}>
            Add
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
