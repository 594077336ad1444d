import { Copy } from "lucide-react";
import { useRef } from "react";
import { IconButton } from "./button.tsx";
import styles from "./copyable.module.css";
import { notify } from "./notices.tsx";

/** A text to be copied, with a button for it. */
export const Copyable = ({ text, label = "Copy" }: { text: string; label?: string }) => {
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify("Copied.");
    } catch {
      // There is no clipboard without a secure context; then the text is selected for copying.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      notify("Selected. Copy it with the keyboard or the menu.");
    }
  };
  return (
    <div className={styles.code}>
      <code ref={code} dir="ltr">
        {text}
      </code>
      <IconButton label={label} onClick={copy}>
        <Copy size={17} />
      </IconButton>
    </div>
  );
};
