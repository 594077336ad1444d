import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./field.module.css";

interface Common {
  readonly label: string;
  readonly hint?: ReactNode;
}

const Frame = ({ id, label, hint, children }: Common & { id: string; children: ReactNode }) => (
  <div className={styles.field}>
    <label className={styles.label} htmlFor={id}>
      {label}
    </label>
    {children}
    {hint && (
      <p className={styles.hint} id={`${id}-hint`}>
        {hint}
      </p>
    )}
  </div>
);

/** A single-line text input. */
export const Field = ({ label, hint, ...rest }: Common & ComponentProps<"input">) => {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint}>
      <input id={id} className={styles.input} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
    </Frame>
  );
};

/** A multi-line text input. */
export const Area = ({ label, hint, ...rest }: Common & ComponentProps<"textarea">) => {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint}>
      <textarea
        id={id}
        className={styles.input}
        rows={2}
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...rest}
      />
    </Frame>
  );
};

/** A check box. */
export const Check = ({ label, hint, ...rest }: Common & ComponentProps<"input">) => (
  <label className={styles.check}>
    <input type="checkbox" {...rest} />
    <span className={styles.label}>{label}</span>
    {hint && <span className={styles.hint}>{hint}</span>}
  </label>
);

interface FormProps {
  readonly onSubmit: () => void;
  /** The error to show. */
  readonly problem?: string | undefined;
  /** The success message to show. */
  readonly done?: string | undefined;
  readonly children: ReactNode;
}

export const Form = ({ onSubmit, problem, done, children }: FormProps) => (
  <form
    className={styles.form}
    onSubmit={(event) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {children}
    {problem && (
      <p className={styles.problem} role="alert">
        {problem}
      </p>
    )}
    {done && (
      <p className={styles.done} role="status">
        {done}
      </p>
    )}
  </form>
);

export const Actions = ({ children }: { children: ReactNode }) => (
  <div className={styles.actions}>{children}</div>
);
