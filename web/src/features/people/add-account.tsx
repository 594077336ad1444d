import { urlOf } from "@chinwag/client/browser";
import { PASSWORD_MIN_CHARS } from "@chinwag/protocol";
import { errorWords } from "@chinwag/react";
import { useText, withoutIsolates } from "@chinwag/react/language";
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
  const t = useText();
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
      notify(errorWords(error));
    }
  };

  return (
    <Dialog title={t("action.addPerson")} about={t("account.about")} onClose={onClose}>
      <Form onSubmit={add} problem={problem}>
        <Field
          ref={nameField}
          label={t("people.name")}
          hint={t("account.nameHint")}
          autoFocus
          required
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField
          label={t("account.password")}
          hint={t("account.passwordHint", { count: PASSWORD_MIN_CHARS })}
          shown
          required
          minLength={PASSWORD_MIN_CHARS}
          autoComplete="off"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Check
          label={t("account.admin")}
          hint={t("account.adminHint")}
          checked={admin}
          onChange={(event) => setAdmin(event.target.checked)}
        />
        <Actions>
          {password !== generated && (
            <Button onClick={generate}>
              <RefreshCw size={16} /> {t("account.generate")}
            </Button>
          )}
          <Button type="submit" look="primary" disabled={busy}>
            {t("members.addAction")}
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
  const t = useText();
  const lines = [
    urlOf("/"),
    t("account.lineName", { name }),
    ...(password ? [t("account.linePassword", { password })] : []),
  ];
  return (
    <div role="status">
      <p>
        <strong>{t.rich("account.ready", { name: <bdi>{name}</bdi> })}</strong>{" "}
        {t(password ? "account.send" : "account.sendAndPassword")}
      </p>
      <Copyable text={withoutIsolates(lines.join("\n"))} label={t("account.copy", { name })} />
    </div>
  );
};
