import { useText } from "@chinwag/react/language";
import { useState } from "react";
import { type AlertKind, choose, isChosen, permission, playChime } from "../app/alerts.ts";
import styles from "./settings.module.css";

/** How this device tells about messages that are meant for me. */
export const Notifications = () => {
  const t = useText();
  const [allowed, setAllowed] = useState(permission);
  const [chosen, setChosen] = useState({ notification: isChosen("notification"), sound: isChosen("sound") });

  const take = (kind: AlertKind, on: boolean) => {
    choose(kind, on);
    setChosen({ ...chosen, [kind]: on });
  };
  const notify = async (on: boolean) => {
    const now = on && allowed === "default" ? await Notification.requestPermission() : allowed;
    setAllowed(now);
    take("notification", on && now === "granted");
  };
  const sound = (on: boolean) => {
    take("sound", on);
    if (on) void playChime();
  };

  return (
    <section className={styles.section}>
      <h3>{t("settings.notifications")}</h3>
      <p className={styles.about}>{t("settings.notifyAbout")}</p>
      <Switch
        label={t("settings.notifyShow")}
        on={chosen.notification && allowed === "granted"}
        disabled={allowed === undefined || allowed === "denied"}
        onChange={notify}
      />
      {allowed === "denied" && <p className={styles.about}>{t("settings.notifyBlocked")}</p>}
      <Switch label={t("settings.notifySound")} on={chosen.sound} onChange={sound} />
      {!isSecureContext && <p className={styles.about}>{t("settings.plainHttp")}</p>}
    </section>
  );
};

interface SwitchProps {
  readonly label: string;
  readonly on: boolean;
  readonly disabled?: boolean;
  readonly onChange: (on: boolean) => void;
}

const Switch = ({ label, on, disabled = false, onChange }: SwitchProps) => (
  <label className={styles.switch}>
    <input
      type="checkbox"
      role="switch"
      aria-checked={on}
      checked={on}
      disabled={disabled}
      onChange={({ target }) => onChange(target.checked)}
    />
    {label}
  </label>
);
