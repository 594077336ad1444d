import { lazy, type ReactNode, Suspense } from "react";
import { useLayer } from "./layers.ts";

export interface DialogProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly onClose: () => void;
  /** `alert` asks for a decision: it is not closed by a press beside it. */
  readonly kind?: "dialog" | "alert";
  /** Room for two columns. */
  readonly wide?: boolean;
  readonly children?: ReactNode;
}

const Popup = lazy(() => import("./dialog-popup.tsx"));

/** A dialog that is open while it is rendered. On a phone it is a sheet at the bottom. */
export const Dialog = (props: DialogProps) => {
  useLayer(props.onClose);
  return (
    <Suspense>
      <Popup {...props} />
    </Suspense>
  );
};
