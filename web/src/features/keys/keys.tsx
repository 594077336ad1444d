import { useText } from "@chinwag/react/language";
import { Dialog } from "@chinwag/react/ui";
import styles from "./keys.module.css";
import { GROUPS, type KeyCap } from "./list.ts";

/** The page of keys. */
const KeysDialog = ({ onClose }: { onClose: () => void }) => {
  const t = useText();
  const cap = (key: KeyCap) => ("text" in key ? key.text : t(key.name));
  return (
    <Dialog title={t("action.keys")} onClose={onClose}>
      {GROUPS.map(({ where, keys }) => (
        <section key={where} className={styles.group}>
          <h3>{t(where)}</h3>
          <dl>
            {keys.map(({ does, combinations }) => (
              <div key={does}>
                <dt>{t(does)}</dt>
                <dd>
                  {combinations.map((combination) => (
                    <span key={combination.map(cap).join()} dir="ltr">
                      {combination.map((key) => (
                        <kbd key={cap(key)}>{cap(key)}</kbd>
                      ))}
                    </span>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
};

export default KeysDialog;
