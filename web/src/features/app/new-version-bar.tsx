import { useSession } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { useEffect, useSyncExternalStore } from "react";
import styles from "./bar.module.css";
import { keepPage, lookForNewVersion, newVersion, onNewVersion } from "./new-version.ts";

/** Offers the version that was installed on the server while this page is open. Nothing is loaded without being asked. */
export const NewVersionBar = () => {
  const t = useText();
  const take = useSyncExternalStore(onNewVersion, newVersion);
  const isLive = useSession(({ connection }) => connection === "live");

  useEffect(() => {
    // A server that was restarted may be a newer one. The first time, the page itself comes first.
    if (isLive) void keepPage().then(lookForNewVersion);
  }, [isLive]);

  if (!take) return null;
  return (
    <p className={`${styles.bar} ${styles.good}`} role="status">
      <span>{t("version.new")}</span>
      <button type="button" onClick={take}>
        {t("version.load")}
      </button>
    </p>
  );
};
