import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useText } from "../language/index.ts";
import styles from "./message-text.module.css";

interface Props {
  readonly language: string | undefined;
  readonly text: string;
}

/** How long a button says that it has copied. */
const COPIED_MILLISECONDS = 2_000;

/** Code on lines of its own, with a button that copies it. */
export const CodeBlock = ({ language, text }: Props) => {
  const t = useText();
  const code = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // There is no clipboard without a secure context; then the text is selected for copying.
      if (code.current) getSelection()?.selectAllChildren(code.current);
    }
  };

  return (
    <div className={styles.block} dir="ltr">
      {language && <span className={styles.language}>{language}</span>}
      <button
        type="button"
        className={styles.copy}
        aria-label={t("text.copy")}
        title={t("text.copy")}
        onClick={() => void copy()}
      >
        {copied ? <Check size={15} /> : <Copy size={15} />}
      </button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too */}
      <pre tabIndex={0}>
        <code ref={code}>{text}</code>
      </pre>
      <span role="status" className="visually-hidden">
        {copied && t("text.copied")}
      </span>
    </div>
  );
};
