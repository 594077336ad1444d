import { useAdmin, useMe } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Dialog } from "@chinwag/react/ui";
import { Tabs } from "@chinwag/react/ui/tabs";
import { KeyRound, Laptop, Terminal, UserRound } from "lucide-react";
import { AccessTokens } from "./access-tokens.tsx";
import { Password } from "./password.tsx";
import { Profile } from "./profile.tsx";
import { SignIns } from "./sign-ins.tsx";

const SettingsDialog = ({ onClose }: { onClose: () => void }) => {
  const t = useText();
  const me = useMe();
  const admin = useAdmin();
  return (
    <Dialog
      title={t("action.settings")}
      about={t(admin ? "settings.signedInAdmin" : "settings.signedIn", { name: me })}
      wide
      onClose={onClose}
    >
      <Tabs
        label={t("action.settings")}
        tabs={[
          {
            id: "profile",
            title: t("settings.general"),
            icon: <UserRound size={17} />,
            content: <Profile />,
          },
          {
            id: "password",
            title: t("settings.password"),
            icon: <KeyRound size={17} />,
            content: <Password />,
          },
          { id: "sign-ins", title: t("settings.signIns"), icon: <Laptop size={17} />, content: <SignIns /> },
          {
            id: "tokens",
            title: t("settings.devices"),
            icon: <Terminal size={17} />,
            content: <AccessTokens />,
          },
        ]}
      />
    </Dialog>
  );
};

export default SettingsDialog;
