import { type ComponentProps, lazy } from "react";
import { Popover } from "../ui/popover.tsx";
import styles from "./person.module.css";

const PersonCard = lazy(() => import("./person-card.tsx"));

/** A name or a face that opens the card of its person. */
export const PersonButton = ({
  name,
  className = "",
  ...rest
}: ComponentProps<"button"> & { readonly name: string }) => (
  <Popover
    title={name}
    trigger={<button type="button" className={`${styles.button} ${className}`} {...rest} />}
  >
    {(close) => <PersonCard name={name} onClose={close} />}
  </Popover>
);
