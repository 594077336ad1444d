import type { TokenInfo } from "@chinwag/protocol";
import { Button, Confirm, Spinner } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Laptop, Smartphone } from "lucide-react";
import { useState } from "react";
import styles from "./settings.module.css";
import { TokenRow } from "./token-row.tsx";
import { useTokens } from "./use-tokens.ts";

const PHONE = /iPhone|iPad|Android/;

/** A client that gave no name has this one. */
const nameOf = ({ label }: TokenInfo): string => (label === "sign-in" ? "Unnamed sign-in" : label);

/** The browsers and programs signed in as me. */
export const SignIns = () => {
  const { tokens, busy, problem, revoke } = useTokens((token) => token.sign_in);
  const [ending, setEnding] = useState<readonly TokenInfo[]>();
  const others = tokens?.filter((token) => !token.current) ?? [];
  const one = ending?.length === 1 ? ending[0] : undefined;
  return (
    <section className={styles.section}>
      <h3>Where you’re signed in</h3>
      <p className={styles.about}>If you don’t know one of these, end it and change your password.</p>
      {problem && <p role="alert">{problem}</p>}
      {!tokens && busy && <Spinner label="Loading sign-ins" />}
      <ul className={list.list} aria-label="Sign-ins">
        {tokens?.map((token) => (
          <TokenRow
            key={token.id}
            token={token}
            name={nameOf(token)}
            icon={PHONE.test(token.label) ? <Smartphone size={19} /> : <Laptop size={19} />}
            action="End"
            disabled={busy}
            onAction={() => setEnding([token])}
          />
        ))}
      </ul>
      {others.length > 1 && (
        <div>
          <Button look="danger" disabled={busy} onClick={() => setEnding(others)}>
            End all others
          </Button>
        </div>
      )}
      {ending && (
        <Confirm
          title={one ? `End the sign-in ${nameOf(one)}?` : `End ${ending.length} sign-ins?`}
          about="Whoever uses it is signed out at once. Messages that were not sent from there are lost."
          action={one ? "End it" : "End them"}
          onConfirm={() => revoke(ending)}
          onClose={() => setEnding(undefined)}
        />
      )}
    </section>
  );
};
