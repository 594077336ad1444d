import { currentText } from "@chinwag/react/language";
import { Button, Logo } from "@chinwag/react/ui";
import { Component, type ReactNode } from "react";
import styles from "../sign-in/welcome.module.css";

/** Shows a message instead of an empty page if rendering fails. Unsent messages are kept. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const t = currentText();
    return (
      <main className={styles.waiting}>
        <Logo size={56} />
        <p>{t("page.broken")}</p>
        <Button look="primary" onClick={() => location.reload()}>
          {t("loadAgain")}
        </Button>
      </main>
    );
  }
}
