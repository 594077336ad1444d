import type { TokenInfo } from "@chinwag/protocol";
import { useChat, useMe } from "@chinwag/react";
import { Button, briefTime, Field, Form, IconButton, notify, useRequest } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Copy, Laptop, Trash2 } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { api } from "../../api.ts";
import { publishCommand } from "./command.ts";
import styles from "./settings.module.css";

/** The sign-ins and access tokens with which clients act as me. */
export const Devices = () => {
  const [tokens, setTokens] = useState<readonly TokenInfo[]>([]);
  const [label, setLabel] = useState("");
  const [made, setMade] = useState<string>();
  const { busy, problem, run } = useRequest();

  const load = useCallback(async () => setTokens((await api.tokens()).tokens), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the settings open
  useEffect(() => {
    void run(load);
  }, []);

  const make = () =>
    run(async () => {
      setMade((await api.createToken({ label: label.trim() })).token);
      setLabel("");
      await load();
    });

  const revoke = (id: number) =>
    run(async () => {
      await api.revokeToken(id);
      await load();
    });

  return (
    <section className={styles.section}>
      <h3>Devices and access tokens</h3>
      <p className={styles.about}>
        A token lets a script or a device speak as you without your password. Take it back at any time.
      </p>
      <Form onSubmit={make} problem={problem}>
        <div className={styles.inline}>
          <Field
            label="What is it for?"
            placeholder="Kitchen thermometer"
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          />
          <Button type="submit" disabled={busy}>
            Make token
          </Button>
        </div>
      </Form>
      {made && <NewToken token={made} />}
      <ul className={list.list} aria-label="Devices and access tokens">
        {tokens.map((token) => (
          <li key={token.id} className={list.item}>
            <span className={list.glyph}>
              <Laptop size={19} />
            </span>
            <div className={list.text}>
              <strong>{token.label || "Without a name"}</strong>
              <small>
                {token.current ? "This browser · " : ""}
                {token.last_used_at
                  ? `used ${briefTime(token.last_used_at)}`
                  : `made ${briefTime(token.created_at)}`}
              </small>
            </div>
            {!token.current && (
              <IconButton label={`Revoke ${token.label}`} disabled={busy} onClick={() => revoke(token.id)}>
                <Trash2 size={18} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
};

const NewToken = ({ token }: { token: string }) => {
  const me = useMe();
  const { mqttAddresses, mqttHost } = useChat();
  const example = publishCommand(mqttAddresses, mqttHost, me, token);
  return (
    <>
      <p className={styles.about}>Here it is. It won’t be shown again.</p>
      <Copyable text={token} />
      <p className={styles.about}>Say something with it from any terminal:</p>
      <Copyable text={example} />
    </>
  );
};

const Copyable = ({ text }: { text: string }) => {
  const copy = async (element: HTMLElement) => {
    try {
      await navigator.clipboard.writeText(text);
      notify("Copied.");
    } catch {
      // There is no clipboard without a secure context; then the text is selected for copying.
      getSelection()?.selectAllChildren(element);
    }
  };
  return (
    <div className={styles.code}>
      <code>{text}</code>
      <IconButton
        label="Copy"
        onClick={({ currentTarget }) => {
          const code = currentTarget.previousElementSibling;
          if (code instanceof HTMLElement) void copy(code);
        }}
      >
        <Copy size={17} />
      </IconButton>
    </div>
  );
};
