import type { Notice, SignedOut } from "@chinwag/client";
import { type CSSProperties, type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import { ChatProvider, useCell } from "../chat-context.tsx";
import { EmbeddedProvider } from "../embedded.ts";
import { beginEmbeddedLanguage, useText } from "../language/index.ts";
import { ViewerScope } from "../room/viewer.tsx";
import { PartBoundary } from "../ui/part-boundary.tsx";
import { PortalProvider } from "../ui/portal.ts";
import { Spinner } from "../ui/spinner.tsx";
import type { Theme } from "../ui/theme.ts";
import { Tips } from "../ui/tips.tsx";
import styles from "./embed.module.css";
import { Inside } from "./inside.tsx";
import { join, leave, type SharedChat, type TokenSource } from "./shared-chat.ts";
import { Trouble } from "./trouble.tsx";
import { useOnScreen } from "./use-on-screen.ts";

export interface ChinwagRoomProps {
  /** The server's address, with the path prefix of a proxy if it has one. */
  readonly url: string;
  /**
   * An access token of the person who uses the page, or a function that returns one, which is called again when the
   * server refuses the last. Rooms with the same token, or the same function, share one connection. Another function is
   * not another person: give the component another `key` for that.
   */
  readonly token: TokenSource;
  /** The room's id, such as `general` or `team/backend`. */
  readonly room: string;
  /** Shown above the messages instead of the room's name; `null` for nothing. */
  readonly head?: ReactNode;
  /** Light or dark whatever the system prefers. */
  readonly theme?: Theme;
  readonly className?: string;
  readonly style?: CSSProperties;
  /** Called when the server does not accept the token, or no longer, and no other could be had. */
  readonly onSignedOut?: (why: SignedOut) => void;
}

/** One room of a Chinwag server, in a page of any origin. It is as high as the element around it. */
export const ChinwagRoom = ({ theme = "system", className = "", style, ...room }: ChinwagRoomProps) => {
  const box = useRef<HTMLDivElement>(null);
  const portal = useRef<HTMLDivElement>(null);
  const onScreen = useOnScreen(box);
  const { locale, direction } = useText();
  useEffect(beginEmbeddedLanguage, []);

  // In the browser's top layer, nothing of the page can clip or cover what is opened here.
  useEffect(() => {
    const layer = portal.current;
    if (layer && "showPopover" in layer && !layer.matches(":popover-open")) layer.showPopover();
  }, []);

  return (
    <div className={`chinwag-room ${className}`} style={style} ref={box}>
      <div
        className="chinwag"
        lang={locale}
        dir={direction}
        data-theme={theme === "system" ? undefined : theme}
      >
        <EmbeddedProvider value={{ box, onScreen }}>
          <PortalProvider value={portal}>
            <ViewerScope>
              <div className={styles.room}>
                <PartBoundary what="room" of={room.room}>
                  <Connected {...room} />
                </PartBoundary>
              </div>
              <Tips within={box} />
            </ViewerScope>
          </PortalProvider>
        </EmbeddedProvider>
        <div ref={portal} className="chinwag-portal" popover="manual" />
      </div>
    </div>
  );
};

type ConnectedProps = Pick<ChinwagRoomProps, "url" | "token" | "room" | "head" | "onSignedOut">;

/** Uses the connection for this server and token while it is mounted. */
const Connected = ({ url, token, room, head, onSignedOut }: ConnectedProps) => {
  const t = useText();
  const [shared, setShared] = useState<SharedChat>();
  const [notice, setNotice] = useState<Notice>();
  const wantsNotice = useEffectEvent((notice: Notice) => {
    const about = "topic" in notice ? notice.topic : "room" in notice ? notice.room : room;
    if (about === room) setNotice(notice);
  });
  const signedOut = useEffectEvent((why: SignedOut) => onSignedOut?.(why));
  const connect = useEffectEvent((url: string) => {
    const user = { notice: wantsNotice, signedOut };
    const chat = join(url, token, user);
    return { chat, user };
  });

  const fixed = typeof token === "string" ? token : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another token is another connection, another function is not
  useEffect(() => {
    const { chat, user } = connect(url);
    setShared(chat);
    return () => {
      setShared(undefined);
      leave(chat, user);
    };
  }, [url, fixed]);

  if (!shared) return <Spinner label={t("connection.connecting")} />;
  return (
    <Staged
      {...{ shared, room, head, notice }}
      renews={fixed === undefined}
      onNoticed={() => setNotice(undefined)}
    />
  );
};

interface StagedProps extends Pick<ChinwagRoomProps, "room" | "head"> {
  readonly shared: SharedChat;
  readonly notice: Notice | undefined;
  /** Whether another token can be had. */
  readonly renews: boolean;
  readonly onNoticed: () => void;
}

const Staged = ({ shared, room, head, notice, renews, onNoticed }: StagedProps) => {
  const t = useText();
  const stage = useCell(shared.stage);
  switch (stage.at) {
    case "connecting":
      return <Spinner label={t("connection.connecting")} />;
    case "failed":
    case "ended":
      return <Trouble stage={stage} renews={renews} onRetry={shared.retry} />;
    case "chat":
      return (
        <ChatProvider value={stage.chat}>
          <Inside topic={room} head={head} notice={notice} onNoticed={onNoticed} />
        </ChatProvider>
      );
  }
};
