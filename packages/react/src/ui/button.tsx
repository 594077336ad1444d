import type { ComponentProps } from "react";
import styles from "./button.module.css";

type ButtonProps = ComponentProps<"button"> & {
  look?: "primary" | "quiet" | "danger" | "link";
  small?: boolean;
};

export const Button = ({ look = "quiet", small, className = "", ...rest }: ButtonProps) => (
  <button
    type="button"
    className={`${styles.button} ${styles[look]} ${small ? styles.small : ""} ${className}`}
    {...rest}
  />
);

/** A button with only an icon, so it needs a label. */
export const IconButton = ({
  label,
  className = "",
  ...rest
}: ComponentProps<"button"> & { label: string }) => (
  <button
    type="button"
    aria-label={label}
    data-tip={label}
    className={`${styles.icon} ${className}`}
    {...rest}
  />
);
