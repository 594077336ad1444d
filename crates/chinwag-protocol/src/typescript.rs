//! Generates the web client's TypeScript for the contract.

use ts_rs::{Config, TS};

use crate::{Verb, api, event, inbox, limits, problem, reason};

/// Returns the types: events, requests, responses, errors.
pub fn types() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = header();
    macro_rules! declare {
        ($($type:ty),* $(,)?) => {$(
            out.push_str("export ");
            out.push_str(&<$type as TS>::decl(&config));
            out.push_str("\n\n");
        )*};
    }
    declare!(
        event::Quote,
        event::Attachment,
        event::Deleted,
        event::EventBody,
        event::Event,
        inbox::InboxNote,
        inbox::RoomUnread,
        inbox::PresenceState,
        inbox::Presence,
        inbox::Activity,
        problem::ErrorCode,
        problem::Problem,
        api::SignIn,
        api::Setup,
        api::SetupState,
        api::Session,
        api::Account,
        api::NewAccount,
        api::ChangePassword,
        api::NewToken,
        api::CreatedToken,
        api::TokenInfo,
        api::Tokens,
        api::Person,
        api::People,
        api::NewRoom,
        api::ChangeRoom,
        api::Room,
        api::Rooms,
        api::Direct,
        api::AddMember,
        api::Member,
        api::Members,
        api::NewMessage,
        api::Edited,
        api::Reaction,
        api::MessageType,
        api::Message,
        api::Messages,
        api::Events,
        api::BrokerInfo,
        api::MediaIds,
        api::MediaAddresses,
    );
    out.push_str(&reason::typescript());
    out.push('\n');
    for verb in Verb::ALL {
        out.push_str("export ");
        out.push_str(&verb.payload_typescript(&config));
        out.push_str("\n\n");
    }
    out
}

/// Returns the limits that a client should know before it sends.
pub fn limits() -> String {
    let mut out = header();
    macro_rules! constants {
        ($($name:ident),* $(,)?) => {$(
            out.push_str(&format!("export const {} = {};\n", stringify!($name), limits::$name));
        )*};
    }
    constants!(
        ROOM_LEVELS,
        LEVEL_CHARS,
        ROOM_BYTES,
        TEXT_BYTES,
        MSG_ID_CHARS,
        TITLE_CHARS,
        PURPOSE_CHARS,
        ATTACHMENTS,
        PASSWORD_MIN_CHARS,
        MEDIA_BYTES,
        MEDIA_ADDRESSES,
        THUMBNAIL_SMALL,
        THUMBNAIL_LARGE,
        MESSAGES_DEFAULT,
        MESSAGES_MAX,
        EVENTS_MAX,
        PAGE_MAX,
        TYPING_SECONDS,
        PRESENCE_MEMBERS,
        CURSOR_MEMBERS,
        REACTION_NAMES,
        MENTIONS,
    );
    out
}

/// Returns the topics: builders and a parser.
pub fn topics() -> String {
    let mut out = header();
    for verb in Verb::ALL {
        let word = verb.word();
        out.push_str(&format!(
            "export const {word}Topic = (me: string, room: string): string => `users/${{me}}/{word}/${{room}}`;\n"
        ));
    }
    let words: Vec<_> = Verb::ALL.iter().map(|verb| format!("\"{}\"", verb.word())).collect();
    out.push_str(&format!(
        "\n/** What a person can do in a room. */\nexport const VERBS = [{}] as const;\n",
        words.join(", ")
    ));
    out.push_str("export type Verb = (typeof VERBS)[number];\n\nconst isVerb = (word: string): word is Verb => (VERBS as readonly string[]).includes(word);\n\n");
    for (name, kind) in [("presenceTopic", "presence"), ("inboxTopic", "inbox")] {
        out.push_str(&format!("export const {name} = (name: string): string => `users/${{name}}/{kind}`;\n"));
    }
    out.push_str(
        "export const activityTopic = (name: string, room: string): string => `users/${name}/activity/${room}`;\n",
    );
    out.push_str(
        "export const deviceTopic = (me: string, device: string): string => `users/${me}/devices/${device}`;\n",
    );
    out.push_str(
        r#"export const directRoom = (one: string, other: string): string => {
  const [a, b] = compareBytes(one, other) < 0 ? [one, other] : [other, one];
  return `dm/${a}/${b}`;
};

/** Byte order of UTF-8, which is the order of code points. */
const compareBytes = (one: string, other: string): number => {
  const a = [...one];
  const b = [...other];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};

export type Topic =
  | { kind: "room"; room: string }
  | { kind: Verb | "activity"; name: string; room: string }
  | { kind: "presence" | "inbox"; name: string }
  | { kind: "device"; name: string; device: string };

/** Understands a topic that a message arrived on. */
export const parseTopic = (topic: string): Topic | undefined => {
  if (!topic.startsWith("users/")) return { kind: "room", room: topic };
  const [, name, kind, ...room] = topic.split("/");
  if (!name) return undefined;
  if (kind === "presence" || kind === "inbox") return { kind, name };
  if (kind === "activity" || (kind !== undefined && isVerb(kind))) return { kind, name, room: room.join("/") };
  if (kind === "devices" && room.length === 1) return { kind: "device", name, device: room.join("/") };
  return undefined;
};
"#,
    );
    out
}

fn header() -> String {
    "// Generated from crates/chinwag-protocol by `make types`. Do not edit.\n\n".to_owned()
}
