import type { TokenInfo } from "@chinwag/protocol";
import { useText } from "@chinwag/react/language";
import { Button, briefTime, wholeTime } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import type { ReactNode } from "react";

interface Props {
  readonly token: TokenInfo;
  readonly name: string;
  readonly icon: ReactNode;
  /** What the button says, such as "End". */
  readonly action: string;
  /** What the button says to those who don't see what is beside it. */
  readonly label: string;
  readonly disabled: boolean;
  readonly onAction: () => void;
}

/** A sign-in or an access token. */
export const TokenRow = ({ token, name, icon, action, label, disabled, onAction }: Props) => {
  const t = useText();
  const { created_at, last_used_at, current } = token;
  return (
    <li className={list.item}>
      <span className={list.glyph}>{icon}</span>
      <div className={list.text}>
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <small>
          {current && t("tokens.this")}
          <span title={wholeTime(last_used_at ?? created_at)}>
            {last_used_at
              ? t("tokens.usedAt", { time: briefTime(last_used_at) })
              : t("tokens.madeAt", { time: briefTime(created_at) })}
          </span>
        </small>
      </div>
      {!current && (
        <Button small disabled={disabled} aria-label={label} onClick={onAction}>
          {action}
        </Button>
      )}
    </li>
  );
};
