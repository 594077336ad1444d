import type { Chat } from "@chinwag/client";
import { Refused } from "@chinwag/client";
import { isAt, urlOf } from "@chinwag/client/browser";
import type { Account } from "@chinwag/protocol";
import { ChatProvider } from "@chinwag/react";
import { Notices, Tips } from "@chinwag/react/ui";
import { type ComponentType, lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { api } from "../../api.ts";
import { Waiting } from "../sign-in/waiting.tsx";
import { loadLastAccount } from "./last-account.ts";
import { openPageStorage } from "./storage.ts";

// Who is signed in needs neither.
const SetupScreen = lazy(() => import("../sign-in/setup.tsx"));
const SignInScreen = lazy(() => import("../sign-in/sign-in.tsx"));

type Stage =
  | { at: "asking" }
  | { at: "unreachable" }
  | { at: "setup"; token: string }
  | { at: "sign-in"; why?: string | undefined }
  | { at: "chat"; chat: Chat; Shell: ComponentType };

/** The token in the one-time link `/setup#TOKEN`; browsers never send the fragment to a server. */
const setupToken = (): string | undefined => (isAt("/setup") ? location.hash.slice(1) : undefined);

/** Who was signed in at the last visit: what that left is shown before the server answers. */
const lastAccount = (): Account | undefined => (setupToken() === undefined ? loadLastAccount() : undefined);

// Both take a while, and begin before anything is drawn.
if (lastAccount()) void openPageStorage();
/** The code of the chat is loaded while the account is requested. */
const inside = () => Promise.all([import("./begin-chat.ts"), import("./shell.tsx")]);
const firstInside = inside().catch(() => undefined);

const goHome = (): void => history.replaceState(null, "", urlOf("/"));

/** Where somebody begins who is not signed in, and why their last chat ended. */
const outside = async (why?: string): Promise<Stage> => {
  const { needed, accounts } = await api.setupState();
  // Without the link, anybody with an account signs in, administrator or not.
  return needed && !accounts ? { at: "setup", token: "" } : { at: "sign-in", why };
};

const firstStage = async (): Promise<Stage | { account: Account }> => {
  const token = setupToken();
  try {
    if (token !== undefined && (await api.setupState()).needed) return { at: "setup", token };
    if (token !== undefined) goHome();
    return { account: await api.account() };
  } catch (error) {
    return error instanceof Refused ? outside() : { at: "unreachable" };
  }
};

/** Shows the current screen: first start, sign-in or chat. */
export const App = () => {
  const [stage, setStage] = useState<Stage>({ at: "asking" });

  const enter = useCallback(async (me: Account, unconfirmed = false) => {
    if (setupToken() !== undefined) goHome();
    const loaded = (await firstInside) ?? (await inside().catch(() => undefined));
    if (!loaded) return setStage({ at: "unreachable" });
    const [{ beginChat }, { Shell }] = loaded;
    const ended = (why: string | undefined) => {
      setStage({ at: "sign-in", why });
      // The server may be a new one, where nobody has an account.
      void outside(why)
        .then((next) => setStage((now) => (now.at === "sign-in" ? next : now)))
        .catch(() => {});
    };
    const chat = beginChat({ me, unconfirmed, ended });
    setStage({ at: "chat", chat, Shell });
  }, []);

  const ask = useCallback(async () => {
    // The chat shows what an earlier visit left, and asks the server itself.
    const last = lastAccount();
    if (last) return enter(last, true);
    const next = await firstStage().catch((): Stage => ({ at: "unreachable" }));
    if ("account" in next) await enter(next.account);
    else setStage(next);
  }, [enter]);

  // Runs only once, even when React's strict mode mounts twice: two chats would open two connections.
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    void ask();
  }, [ask]);

  return (
    <>
      {stage.at === "asking" && <Waiting />}
      {stage.at === "unreachable" && <Waiting onRetry={ask} />}
      <Suspense fallback={<Waiting />}>
        {stage.at === "setup" && <SetupScreen token={stage.token} onDone={(account) => enter(account)} />}
        {stage.at === "sign-in" && <SignInScreen why={stage.why} onDone={(account) => enter(account)} />}
      </Suspense>
      {stage.at === "chat" && (
        <ChatProvider value={stage.chat}>
          <stage.Shell />
        </ChatProvider>
      )}
      <Notices />
      <Tips />
    </>
  );
};
