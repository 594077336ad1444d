import type { TokenInfo } from "@chinwag/protocol";
import { useChat, useMe } from "@chinwag/react";
import { Button, Confirm, Copyable, Field, Form, Spinner } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Cpu } from "lucide-react";
import { useState } from "react";
import { api } from "../../api.ts";
import { publishCommand } from "./command.ts";
import styles from "./settings.module.css";
import { TokenRow } from "./token-row.tsx";
import { useTokens } from "./use-tokens.ts";

const nameOf = ({ label }: TokenInfo): string => label || "Token without a name";

/** The access tokens with which devices and scripts act as me. */
export const AccessTokens = () => {
  const { tokens, busy, problem, run, load, revoke } = useTokens((token) => !token.sign_in);
  const [label, setLabel] = useState("");
  const [made, setMade] = useState<string>();
  const [revoking, setRevoking] = useState<TokenInfo>();

  const make = () =>
    run(async () => {
      setMade((await api.createToken({ label: label.trim() })).token);
      setLabel("");
      await load();
    });

  return (
    <section className={styles.section}>
      <h3>Access tokens</h3>
      <p className={styles.about}>
        With a token, a script or a device sends and reads as you, without your password. You can revoke it at
        any time.
      </p>
      <Form onSubmit={make} problem={problem}>
        <div className={styles.inline}>
          <Field
            label="What is it for?"
            placeholder="Kitchen thermometer"
            required
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          />
          <Button type="submit" look="primary" disabled={busy}>
            Create
          </Button>
        </div>
      </Form>
      {made && <NewToken token={made} />}
      {!tokens && busy && <Spinner label="Loading access tokens" />}
      <ul className={list.list} aria-label="Access tokens">
        {tokens?.map((token) => (
          <TokenRow
            key={token.id}
            token={token}
            name={nameOf(token)}
            icon={<Cpu size={19} />}
            action="Revoke"
            disabled={busy}
            onAction={() => setRevoking(token)}
          />
        ))}
      </ul>
      {revoking && (
        <Confirm
          title={`Revoke ${nameOf(revoking)}?`}
          about="What uses it is disconnected at once and can no longer sign in with it."
          action="Revoke"
          onConfirm={() => revoke([revoking])}
          onClose={() => setRevoking(undefined)}
        />
      )}
    </section>
  );
};

const NewToken = ({ token }: { token: string }) => {
  const me = useMe();
  const { mqttAddresses, mqttHost } = useChat();
  const example = publishCommand(mqttAddresses, mqttHost, me, token);
  return (
    <div role="status">
      <p className={styles.about}>This is the token. Copy it now: it won’t be shown again.</p>
      <Copyable text={token} label="Copy the token" />
      <p className={styles.then}>Send something with it from a terminal:</p>
      <Copyable text={example} label="Copy the command" />
    </div>
  );
};
