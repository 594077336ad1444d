import type { TokenInfo } from "@chinwag/protocol";
import { Button, briefTime, wholeTime } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import type { ReactNode } from "react";

interface Props {
  readonly token: TokenInfo;
  readonly name: string;
  readonly icon: ReactNode;
  /** What the button says, such as "End". */
  readonly action: string;
  readonly disabled: boolean;
  readonly onAction: () => void;
}

/** A sign-in or an access token. */
export const TokenRow = ({ token, name, icon, action, disabled, onAction }: Props) => {
  const { created_at, last_used_at, current } = token;
  return (
    <li className={list.item}>
      <span className={list.glyph}>{icon}</span>
      <div className={list.text}>
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <small>
          {current && "This browser · "}
          <span title={wholeTime(last_used_at ?? created_at)}>
            {last_used_at ? `used ${briefTime(last_used_at)}` : `made ${briefTime(created_at)}`}
          </span>
        </small>
      </div>
      {!current && (
        <Button small disabled={disabled} aria-label={`${action} ${name}`} onClick={onAction}>
          {action}
        </Button>
      )}
    </li>
  );
};
