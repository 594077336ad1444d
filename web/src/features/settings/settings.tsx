import { useAdmin, useMe } from "@chinwag/react";
import { Dialog } from "@chinwag/react/ui";
import { Tabs } from "@chinwag/react/ui/tabs";
import { KeyRound, Laptop, Terminal, UserRound } from "lucide-react";
import { AccessTokens } from "./access-tokens.tsx";
import { Password } from "./password.tsx";
import { Profile } from "./profile.tsx";
import { SignIns } from "./sign-ins.tsx";

const SettingsDialog = ({ onClose }: { onClose: () => void }) => {
  const me = useMe();
  const admin = useAdmin();
  return (
    <Dialog
      title="Settings"
      about={admin ? `Signed in as ${me}, an administrator.` : `Signed in as ${me}.`}
      wide
      onClose={onClose}
    >
      <Tabs
        label="Settings"
        tabs={[
          { id: "profile", title: "General", icon: <UserRound size={17} />, content: <Profile /> },
          { id: "password", title: "Password", icon: <KeyRound size={17} />, content: <Password /> },
          { id: "sign-ins", title: "Sign-ins", icon: <Laptop size={17} />, content: <SignIns /> },
          { id: "tokens", title: "Devices", icon: <Terminal size={17} />, content: <AccessTokens /> },
        ]}
      />
    </Dialog>
  );
};

export default SettingsDialog;
