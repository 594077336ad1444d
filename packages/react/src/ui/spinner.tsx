import styles from "./spinner.module.css";

export const Spinner = ({ label }: { label: string }) => (
  <div className={styles.spinner} role="progressbar" aria-label={label} />
);
