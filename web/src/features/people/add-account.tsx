import { urlOf } from "@chinwag/client/browser";
import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import {
  Actions,
  Button,
  Check,
  Copyable,
  Dialog,
  Field,
  Form,
  notify,
  PasswordField,
  useRequest,
} from "@chinwag/react/ui";
import { RefreshCw } from "lucide-react";
import { useRef, useState } from "react";
import { api } from "../../api.ts";
import { randomPassword } from "./password.ts";

interface Props {
  /** The name to begin with. */
  readonly name?: string | undefined;
  /** Called with the name of the new account, such as to add it to a room. */
  readonly onAdded?: ((name: string) => unknown) | undefined;
  readonly onClose: () => void;
}

interface Added {
  readonly name: string;
  /** Absent if the administrator chose it, who then knows how to tell it. */
  readonly password: string | undefined;
}

/** The form with which an administrator creates an account for a person or a device. */
const AddAccountDialog = ({ name = "", onAdded, onClose }: Props) => {
  const [username, setUsername] = useState(name);
  const [generated, setGenerated] = useState(randomPassword);
  const [password, setPassword] = useState(generated);
  const [admin, setAdmin] = useState(false);
  const [added, setAdded] = useState<Added>();
  const nameField = useRef<HTMLInputElement>(null);
  const { busy, problem, run } = useRequest();

  const generate = () => {
    const next = randomPassword();
    setGenerated(next);
    setPassword(next);
  };

  const add = async () => {
    setAdded(undefined);
    const made = await run(async () => {
      const account = await api.createAccount({ username: username.trim().toLowerCase(), password, admin });
      setAdded({ name: account.name, password: password === generated ? password : undefined });
    });
    if (!made) return;
    setUsername("");
    setAdmin(false);
    generate();
    nameField.current?.focus();
    try {
      await onAdded?.(username.trim().toLowerCase());
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <Dialog
      title="Add a person"
      about="Devices and scripts can have accounts of their own, too."
      onClose={onClose}
    >
      <Form onSubmit={add} problem={problem}>
        <Field
          ref={nameField}
          label="Name"
          hint="Lower-case letters, digits, - _ and . but no spaces."
          autoFocus
          required
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField
          label="First password"
          hint={`At least ${PASSWORD_MIN_CHARS} characters. It can be changed in the settings.`}
          shown
          required
          minLength={PASSWORD_MIN_CHARS}
          autoComplete="off"
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
          {password !== generated && (
            <Button onClick={generate}>
              <RefreshCw size={16} /> Generate a password
            </Button>
          )}
          <Button type="submit" look="primary" disabled={busy}>
            Add
          </Button>
        </Actions>
      </Form>
      {added && <Invitation added={added} />}
    </Dialog>
  );
};

export default AddAccountDialog;

/** What the new person needs to know, ready to be sent by other means. */
const Invitation = ({ added: { name, password } }: { added: Added }) => {
  const lines = [urlOf("/"), `Name: ${name}`, ...(password ? [`Password: ${password}`] : [])];
  return (
    <div role="status">
      <p>
        <strong>
          <bdi>{name}</bdi> can sign in now.
        </strong>{" "}
        {password ? "Send them this:" : "Send them this, and the password you chose:"}
      </p>
      <Copyable text={lines.join("\n")} label={`Copy how ${name} signs in`} />
    </div>
  );
};
