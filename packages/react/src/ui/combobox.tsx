import { Autocomplete } from "@base-ui/react/autocomplete";
import { type ReactNode, useId, useState } from "react";
import styles from "./combobox.module.css";
import { directionOf } from "./direction-of.ts";
import field from "./field.module.css";
import { isComposing } from "./is-composing.ts";
import menu from "./menu.module.css";
import { usePortal } from "./portal.ts";

interface Props {
  readonly label: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is offered for the text typed so far. Keep it short: all of it is drawn. */
  readonly offered: readonly string[];
  /** Draws one of them. */
  readonly item: (offer: string) => ReactNode;
}

/** A text field that offers completions; any text may be typed. Import it only in parts that are loaded when needed. */
export const Combobox = ({ label, placeholder, value, onChange, offered, item }: Props) => {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <div className={field.field}>
      <label className={field.label} htmlFor={id}>
        {label}
      </label>
      <Autocomplete.Root
        items={offered}
        mode="none"
        value={value}
        onValueChange={onChange}
        // While the list is open, screen readers see nothing but it and the field.
        open={open && offered.length > 0}
        onOpenChange={setOpen}
      >
        <Autocomplete.Input
          id={id}
          className={field.input}
          placeholder={placeholder}
          dir={directionOf({ value })}
          autoCapitalize="none"
          spellCheck={false}
          // Escape would delete the text of which the input method only gives up a word.
          onKeyDown={(event) => isComposing(event) && event.preventBaseUIHandler()}
        />
        <Autocomplete.Portal container={usePortal()}>
          <Autocomplete.Positioner className={menu.place} sideOffset={6} align="start">
            <Autocomplete.Popup className={`${menu.menu} ${styles.popup}`}>
              <Autocomplete.List>
                {(offer: string) => (
                  <Autocomplete.Item key={offer} value={offer} className={menu.item}>
                    {item(offer)}
                  </Autocomplete.Item>
                )}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
    </div>
  );
};
