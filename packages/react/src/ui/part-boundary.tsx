import { Component, type ReactNode } from "react";
import { currentText } from "../language/index.ts";
import { Button } from "./button.tsx";
import styles from "./part-boundary.module.css";

interface Props {
  /** What could not be shown. */
  readonly what: "dialog" | "list" | "room" | "members";
  /** A change of it means that there is something else to show. */
  readonly of?: unknown;
  /** Whether the message lies over the page, where the part would have. */
  readonly floating?: boolean;
  readonly children: ReactNode;
}

/**
 * Shows a message in place of a part of the page that can't be drawn; the rest stays usable. What was loaded in vain, as
 * after a new version was installed, only loads with the page.
 */
export class PartBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate({ of }: Props) {
    if (this.state.failed && of !== this.props.of) this.setState({ failed: false });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const t = currentText();
    return (
      <div className={`${styles.part} ${this.props.floating ? styles.floating : ""}`} role="alert">
        <p>{t(`part.${this.props.what}`)}</p>
        <Button small onClick={() => this.setState({ failed: false })}>
          {t("tryAgain")}
        </Button>
        <Button small onClick={() => location.reload()}>
          {t("loadAgain")}
        </Button>
      </div>
    );
  }
}
