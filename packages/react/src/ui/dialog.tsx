import { lazy, Suspense } from "react";
import type { DialogProps } from "./dialog-popup.tsx";
import { useLayer } from "./layers.ts";

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
