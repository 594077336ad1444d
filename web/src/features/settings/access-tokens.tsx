import type { BrokerInfo, TokenInfo } from "@chinwag/protocol";
import { useMe } from "@chinwag/react";
import { type Text, useText } from "@chinwag/react/language";
import { Button, Confirm, Copyable, Field, Form, Spinner } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Cpu } from "lucide-react";
import { useState } from "react";
import { api } from "../../api.ts";
import { publishCommand } from "./command.ts";
import styles from "./settings.module.css";
import { TokenRow } from "./token-row.tsx";
import { useTokens } from "./use-tokens.ts";

const nameOf = ({ label }: TokenInfo, t: Text): string => label || t("tokens.unnamed");

/** The access tokens with which devices and scripts act as me. */
export const AccessTokens = () => {
  const t = useText();
  const { tokens, busy, problem, run, load, revoke } = useTokens((token) => !token.sign_in);
  const [label, setLabel] = useState("");
  const [made, setMade] = useState<{ readonly token: string; readonly broker: BrokerInfo }>();
  const [revoking, setRevoking] = useState<TokenInfo>();

  const make = () =>
    run(async () => {
      const broker = await api.broker();
      const { token } = await api.createToken({ label: label.trim() });
      setMade({ token, broker });
      setLabel("");
      await load();
    });

  return (
    <section className={styles.section}>
      <h3>{t("tokens.title")}</h3>
      <p className={styles.about}>{t("tokens.about")}</p>
      <Form onSubmit={make} problem={problem}>
        <div className={styles.inline}>
          <Field
            label={t("tokens.what")}
            placeholder={t("tokens.example")}
            required
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          />
          <Button type="submit" look="primary" disabled={busy}>
            {t("tokens.create")}
          </Button>
        </div>
      </Form>
      {made && <NewToken {...made} />}
      {!tokens && busy && <Spinner label={t("tokens.loading")} />}
      <ul className={list.list} aria-label={t("tokens.title")}>
        {tokens?.map((token) => (
          <TokenRow
            key={token.id}
            token={token}
            name={nameOf(token, t)}
            icon={<Cpu size={19} />}
            action={t("tokens.revoke")}
            label={t("tokens.revokeOne", { name: nameOf(token, t) })}
            disabled={busy}
            onAction={() => setRevoking(token)}
          />
        ))}
      </ul>
      {revoking && (
        <Confirm
          title={t("tokens.revokeAsk", { name: nameOf(revoking, t) })}
          about={t("tokens.revokeAbout")}
          action={t("tokens.revoke")}
          onConfirm={() => revoke([revoking])}
          onClose={() => setRevoking(undefined)}
        />
      )}
    </section>
  );
};

const NewToken = ({ token, broker }: { token: string; broker: BrokerInfo }) => {
  const t = useText();
  const me = useMe();
  const { url = document.baseURI, addresses = [] } = broker;
  const example = publishCommand(addresses, new URL(url).hostname, me, token);
  return (
    <div role="status">
      <p className={styles.about}>{t("tokens.made")}</p>
      <Copyable text={token} label={t("tokens.copy")} />
      <p className={styles.then}>{t("tokens.then")}</p>
      <Copyable text={example} label={t("tokens.copyCommand")} />
    </div>
  );
};
