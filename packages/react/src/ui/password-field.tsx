import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, type ReactNode, useId, useState } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "./button.tsx";
import styles from "./field.module.css";
import { described, Frame } from "./field.tsx";
import { useFieldProblem } from "./form.tsx";

type Props = Omit<ComponentProps<"input">, "type"> & {
  readonly label: string;
  readonly hint?: ReactNode;
  /** Whether it can be read from the beginning. */
  readonly shown?: boolean;
};

/** An input for a password, which can be made readable. */
export const PasswordField = ({ label, hint, shown: shownFirst = false, ...rest }: Props) => {
  const t = useText();
  const id = useId();
  const problem = useFieldProblem(id);
  const [shown, setShown] = useState(shownFirst);
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <div className={styles.withButton}>
        <input
          className={styles.input}
          type={shown ? "text" : "password"}
          autoCapitalize="none"
          spellCheck={false}
          dir="ltr"
          {...described(id, hint, problem)}
          {...rest}
        />
        <IconButton label={t(shown ? "password.hide" : "password.show")} onClick={() => setShown(!shown)}>
          {shown ? <EyeOff size={18} /> : <Eye size={18} />}
        </IconButton>
      </div>
    </Frame>
  );
};
