import { type ComponentProps, type ReactNode, useId } from "react";
import { directionOf } from "./direction-of.ts";
import styles from "./field.module.css";
import { useFieldProblem } from "./form.tsx";

interface Common {
  readonly label: string;
  readonly hint?: ReactNode;
}

/** The attributes by which an input says what is wrong with it. */
export const described = (id: string, hint: ReactNode, problem: string | undefined) => ({
  id,
  "aria-invalid": problem !== undefined || undefined,
  "aria-describedby":
    [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined,
});

interface FrameProps extends Common {
  readonly id: string;
  readonly problem: string | undefined;
  readonly children: ReactNode;
}

/** A label above an input, and below it the hint or what is wrong. */
export const Frame = ({ id, label, hint, problem, children }: FrameProps) => (
  <div className={styles.field}>
    <label className={styles.label} htmlFor={id}>
      {label}
    </label>
    {children}
    {problem && (
      <p className={styles.wrong} id={`${id}-problem`}>
        {problem}
      </p>
    )}
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
  const problem = useFieldProblem(id);
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <input className={styles.input} dir={directionOf(rest)} {...described(id, hint, problem)} {...rest} />
    </Frame>
  );
};

/** A multi-line text input. */
export const Area = ({ label, hint, ...rest }: Common & ComponentProps<"textarea">) => {
  const id = useId();
  const problem = useFieldProblem(id);
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <textarea
        className={styles.input}
        rows={2}
        dir={directionOf(rest)}
        {...described(id, hint, problem)}
        {...rest}
      />
    </Frame>
  );
};

/** A choice from a short list: the browser's own, which phones show best. */
export const Select = ({ label, hint, ...rest }: Common & ComponentProps<"select">) => {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} problem={undefined}>
      <select className={styles.input} {...described(id, hint, undefined)} {...rest} />
    </Frame>
  );
};

/** A switch. */
export const Check = ({ label, hint, ...rest }: Common & ComponentProps<"input">) => {
  const id = useId();
  return (
    <div className={styles.check}>
      <input
        id={id}
        type="checkbox"
        // biome-ignore lint/a11y/useAriaPropsForRole: the browser knows whether a check box is checked
        role="switch"
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...rest}
      />
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {hint && (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};
