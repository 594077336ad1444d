import { Copy } from "lucide-react";
import { useRef } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "./button.tsx";
import styles from "./copyable.module.css";
import { notify } from "./notices.tsx";

/** A text to be copied, with a button for it. */
export const Copyable = ({ text, label }: { text: string; label?: string }) => {
  const t = useText();
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify(t("copied"));
    } catch {
      // There is no clipboard without a secure context; then the text is selected for copying.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      notify(t("copySelected"));
    }
  };
  return (
    <div className={styles.code}>
      <code ref={code} dir="ltr">
        {text}
      </code>
      <IconButton label={label ?? t("copy")} onClick={copy}>
        <Copy size={17} />
      </IconButton>
    </div>
  );
};
