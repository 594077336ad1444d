import { lazy, type RefObject, Suspense, useEffect, useState } from "react";

const Tip = lazy(() => import("./tip.tsx"));

/** Milliseconds for which the pointer rests on a control before its tip appears. */
const REST = 500;

const withTip = (target: EventTarget | null): HTMLElement | undefined =>
  target instanceof Element ? (target.closest<HTMLElement>("[data-tip]") ?? undefined) : undefined;

/**
 * Shows the `data-tip` of the control under the pointer or with the keyboard's focus. One for the whole page, so that a
 * control needs only an attribute; or for a part of the page. The tip repeats a label that screen readers know already.
 */
export const Tips = ({ within }: { within?: RefObject<HTMLElement | null> }) => {
  const [at, setAt] = useState<HTMLElement>();

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (target: EventTarget | null, after: number) => {
      clearTimeout(timer);
      const found = withTip(target);
      const control = found && within && !within.current?.contains(found) ? undefined : found;
      if (!control) return setAt(undefined);
      timer = setTimeout(() => setAt(control.isConnected ? control : undefined), after);
    };
    const hide = () => show(null, 0);
    const over = ({ target, pointerType }: PointerEvent) => pointerType === "mouse" && show(target, REST);
    const focus = ({ target }: FocusEvent) =>
      target instanceof Element && target.matches(":focus-visible") ? show(target, 0) : hide();
    const key = ({ key }: KeyboardEvent) => key === "Escape" && hide();

    document.addEventListener("pointerover", over);
    document.addEventListener("focusin", focus);
    document.addEventListener("keydown", key);
    for (const name of ["pointerdown", "scroll", "focusout"]) document.addEventListener(name, hide, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", over);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("keydown", key);
      for (const name of ["pointerdown", "scroll", "focusout"])
        document.removeEventListener(name, hide, true);
    };
  }, [within]);

  const text = at?.dataset.tip;
  if (!at || !text) return null;
  return (
    <Suspense>
      <Tip anchor={at} text={text} />
    </Suspense>
  );
};
