import type { TokenInfo } from "@chinwag/protocol";
import { type Text, useText } from "@chinwag/react/language";
import { Button, Confirm, Spinner } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Laptop, Smartphone } from "lucide-react";
import { useState } from "react";
import styles from "./settings.module.css";
import { TokenRow } from "./token-row.tsx";
import { useTokens } from "./use-tokens.ts";

const PHONE = /iPhone|iPad|Android/;

/** A client that gave no name has this one. */
const nameOf = ({ label }: TokenInfo, t: Text): string =>
  label === "sign-in" ? t("signIns.unnamed") : label;

/** The browsers and programs signed in as me. */
export const SignIns = () => {
  const t = useText();
  const { tokens, busy, problem, revoke } = useTokens((token) => token.sign_in);
  const [ending, setEnding] = useState<readonly TokenInfo[]>();
  const others = tokens?.filter((token) => !token.current) ?? [];
  const one = ending?.length === 1 ? ending[0] : undefined;
  return (
    <section className={styles.section}>
      <h3>{t("signIns.title")}</h3>
      <p className={styles.about}>{t("signIns.about")}</p>
      {problem && <p role="alert">{problem}</p>}
      {!tokens && busy && <Spinner label={t("signIns.loading")} />}
      <ul className={list.list} aria-label={t("settings.signIns")}>
        {tokens?.map((token) => (
          <TokenRow
            key={token.id}
            token={token}
            name={nameOf(token, t)}
            icon={PHONE.test(token.label) ? <Smartphone size={19} /> : <Laptop size={19} />}
            action={t("signIns.end")}
            label={t("signIns.endOne", { name: nameOf(token, t) })}
            disabled={busy}
            onAction={() => setEnding([token])}
          />
        ))}
      </ul>
      {others.length > 1 && (
        <div>
          <Button look="danger" disabled={busy} onClick={() => setEnding(others)}>
            {t("signIns.endOthers")}
          </Button>
        </div>
      )}
      {ending && (
        <Confirm
          title={
            one
              ? t("signIns.endAsk", { name: nameOf(one, t) })
              : t("signIns.endAskMany", { count: ending.length })
          }
          about={t("signIns.endAbout")}
          action={t(one ? "signIns.endIt" : "signIns.endThem")}
          onConfirm={() => revoke(ending)}
          onClose={() => setEnding(undefined)}
        />
      )}
    </section>
  );
};
