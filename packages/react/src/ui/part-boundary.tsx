import type { ReactNode } from "react";
import { useText } from "../language/index.ts";
import { Boundary } from "./boundary.tsx";
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
export const PartBoundary = ({ of, children, ...part }: Props) => (
  <Boundary of={of} instead={(retry) => <Broken {...part} onRetry={retry} />}>
    {children}
  </Boundary>
);

interface BrokenProps extends Pick<Props, "what" | "floating"> {
  readonly onRetry: () => void;
}

const Broken = ({ what, floating = false, onRetry }: BrokenProps) => {
  const t = useText();
  return (
    <div className={`${styles.part} ${floating ? styles.floating : ""}`} role="alert">
      <p>{t(`part.${what}`)}</p>
      <Button small onClick={onRetry}>
        {t("tryAgain")}
      </Button>
      <Button small onClick={() => location.reload()}>
        {t("loadAgain")}
      </Button>
    </div>
  );
};
