import { useAdmin, useMe, useSession, useSteadyConnection } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, IconButton, Logo, Menu, MenuItem } from "@chinwag/react/ui";
import { Compass, Hash, MessageCirclePlus, Plus, Search, Settings, UserPlus } from "lucide-react";
import { isApple } from "../app/is-apple.ts";
import { openDialog } from "../app/open-dialog.ts";
import { Lists } from "./lists.tsx";
import styles from "./sidebar.module.css";

export const Sidebar = ({ open }: { open: string | undefined }) => {
  const t = useText();
  return (
    <nav className={styles.sidebar} aria-label={t("sidebar.label")}>
      <header className={styles.head}>
        <Logo size={30} />
        <span className={styles.name}>chinwag</span>
        <AddMenu />
      </header>
      <button type="button" className={styles.find} onClick={() => openDialog({ dialog: "switcher" })}>
        <Search size={16} />
        <span>{t("sidebar.find")}</span>
        <kbd>{isApple ? "⌘K" : t("sidebar.findKey")}</kbd>
      </button>
      <Lists open={open} />
      <Foot />
    </nav>
  );
};

const AddMenu = () => {
  const t = useText();
  const admin = useAdmin();
  const trigger = (
    <IconButton label={t("sidebar.new")}>
      <Plus size={22} />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      <MenuItem icon={<MessageCirclePlus size={18} />} onSelect={() => openDialog({ dialog: "people" })}>
        {t("action.conversation")}
      </MenuItem>
      <MenuItem icon={<Hash size={18} />} onSelect={() => openDialog({ dialog: "create" })}>
        {t("action.createRoom")}
      </MenuItem>
      <MenuItem icon={<Compass size={18} />} onSelect={() => openDialog({ dialog: "browse" })}>
        {t("action.browse")}
      </MenuItem>
      {admin && (
        <MenuItem icon={<UserPlus size={18} />} onSelect={() => openDialog({ dialog: "account" })}>
          {t("action.addPerson")}
        </MenuItem>
      )}
    </Menu>
  );
};

const Foot = () => {
  const t = useText();
  const me = useMe();
  const connection = useSession((session) => session.connection);
  const told = useSteadyConnection(true);
  return (
    <footer className={styles.foot} data-connection={connection}>
      <Avatar name={me} presence={told === "live" ? "online" : "offline"} />
      <div>
        <strong>
          <bdi className="cut">{me}</bdi>
        </strong>
        <span className={styles.connection} data-told={told}>
          {t(`connection.${told}`)}
        </span>
      </div>
      <IconButton label={t("action.settings")} onClick={() => openDialog({ dialog: "settings" })}>
        <Settings size={20} />
      </IconButton>
    </footer>
  );
};
