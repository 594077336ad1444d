import { createContext, type ReactNode, useContext, useState } from "react";
import { type Text, useText } from "../language/index.ts";
import styles from "./field.module.css";

type Control = HTMLInputElement | HTMLTextAreaElement;

/** The problems of a form's fields, by the id of the field. */
const Problems = createContext<Readonly<Record<string, string>>>({});

export const useFieldProblem = (id: string): string | undefined => {
  const problems = useContext(Problems);
  return Object.hasOwn(problems, id) ? problems[id] : undefined;
};

/** The browser's own bubbles come one at a time and in its language, so the form has its own words. */
const problemOf = (control: Control, t: Text): string | undefined => {
  const { value, required, minLength } = control;
  if (required && value.trim() === "") return t("field.empty");
  if (minLength > 0 && value !== "" && [...value].length < minLength)
    return t("field.short", { count: minLength });
  return control.validity.customError ? control.validationMessage : undefined;
};

const isControl = (element: Element): element is Control =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;

interface FormProps {
  readonly onSubmit: () => void;
  /** The error to show. */
  readonly problem?: ReactNode;
  /** The success message to show. */
  readonly done?: ReactNode;
  readonly children: ReactNode;
}

export const Form = ({ onSubmit, problem, done, children }: FormProps) => {
  const t = useText();
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});

  const check = (form: HTMLFormElement): boolean => {
    const wrong = [...form.elements].filter(isControl).flatMap((control) => {
      const text = problemOf(control, t);
      return text ? [{ control, text }] : [];
    });
    setProblems(Object.fromEntries(wrong.map(({ control, text }) => [control.id, text])));
    wrong[0]?.control.focus();
    return wrong.length === 0;
  };

  /** A field that is being changed is no longer blamed. */
  const forgive = ({ id }: Element) => {
    if (Object.hasOwn(problems, id)) setProblems(({ [id]: _, ...others }) => others);
  };

  return (
    <form
      className={styles.form}
      noValidate
      onInput={({ target }) => target instanceof Element && forgive(target)}
      onSubmit={(event) => {
        event.preventDefault();
        // A form in a dialog is inside the form that opened it, for React.
        event.stopPropagation();
        if (check(event.currentTarget)) onSubmit();
      }}
    >
      <Problems value={problems}>{children}</Problems>
      {problem && (
        <div className={styles.problem} role="alert">
          {problem}
        </div>
      )}
      {done && (
        <div className={styles.done} role="status">
          {done}
        </div>
      )}
    </form>
  );
};

export const Actions = ({ children }: { children: ReactNode }) => (
  <div className={styles.actions}>{children}</div>
);
