//! All limits on sizes and counts that a client can run into, in one place. Rate limits are defined in
//! `chinwag-chat`, because `--limits off` turns them off; these limits always apply.

/// Maximum levels in a room id.
pub const ROOM_LEVELS: usize = 8;
/// Maximum characters in a level or a name.
pub const LEVEL_CHARS: usize = 64;
/// Maximum combining marks on one letter of a new name or room id (UTS #39, 5.4).
pub const STACKED_MARKS: usize = 4;
/// Maximum bytes in a room id.
pub const ROOM_BYTES: usize = 200;
/// Maximum bytes of UTF-8 in a message's text.
pub const TEXT_BYTES: usize = 16 * 1024;
/// Maximum characters in a `msg_id`.
pub const MSG_ID_CHARS: usize = 64;
/// Maximum characters in an upload's id.
pub const MEDIA_ID_CHARS: usize = 64;
/// Maximum characters in a token's label.
pub const LABEL_CHARS: usize = 100;
/// Maximum characters in a room's title.
pub const TITLE_CHARS: usize = 100;
/// Maximum characters in a room's purpose.
pub const PURPOSE_CHARS: usize = 500;
/// Maximum attachments of one message.
pub const ATTACHMENTS: usize = 10;
/// Maximum people that one message can mention.
pub const MENTIONS: usize = 50;
/// Maximum different emoji on one message.
pub const EMOJI_PER_MESSAGE: usize = 50;
/// Maximum people named for each emoji on a message; all are counted.
pub const REACTION_NAMES: usize = 20;
/// Maximum bytes of quoted text in a reply's event.
pub const QUOTE_BYTES: usize = 280;
/// Minimum characters in a password. Only its length is checked (NIST SP 800-63B, 3.1.1.2).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Maximum bytes in a password; more would only cost time for hashing.
pub const PASSWORD_MAX_BYTES: usize = 512;
/// Maximum bytes in one upload.
pub const MEDIA_BYTES: u64 = 50 * 1024 * 1024;
/// Maximum bytes that one account may upload within 24 hours.
pub const MEDIA_DAY_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Maximum characters of an uploaded file's name; longer names are shortened.
pub const MEDIA_NAME_CHARS: usize = 200;
/// Maximum uploads for which one request can ask for signed addresses.
pub const MEDIA_ADDRESSES: usize = 100;
/// Maximum pixels in a picture; a larger one is treated like any other file.
pub const PICTURE_PIXELS: u64 = 50_000_000;
/// The longest side of a small thumbnail, in pixels.
pub const THUMBNAIL_SMALL: u32 = 480;
/// The longest side of a large thumbnail, in pixels.
pub const THUMBNAIL_LARGE: u32 = 1200;
/// Maximum bytes in an HTTP request body, except uploads.
pub const BODY_BYTES: usize = 128 * 1024;
/// Maximum bytes in one MQTT packet.
pub const PACKET_BYTES: usize = 64 * 1024;
/// Messages that `GET /messages` returns by default.
pub const MESSAGES_DEFAULT: u32 = 20;
/// Maximum messages that `GET /messages` returns.
pub const MESSAGES_MAX: u32 = 100;
/// Maximum events that `GET /events` returns.
pub const EVENTS_MAX: u32 = 500;
/// People, members or rooms on a page by default.
pub const PAGE_DEFAULT: u32 = 100;
/// Maximum people, members or rooms on a page.
pub const PAGE_MAX: u32 = 500;
/// Maximum events that a client may be behind for `GET /events` to fill the gap; beyond that it returns `"reset":
/// true`.
pub const EVENTS_BEHIND_MAX: u64 = 10_000;
/// Seconds for which a typing notice is valid.
pub const TYPING_SECONDS: u64 = 6;
/// Maximum members of a room whose members receive each other's presence.
pub const PRESENCE_MEMBERS: usize = 100;
/// Maximum members of a room whose members receive each other's read cursors.
pub const CURSOR_MEMBERS: usize = 20;
/// Maximum members of a room, except `general`.
pub const ROOM_MEMBERS: usize = 10_000;
/// Maximum rooms that one person can be in, not counting direct conversations.
pub const ROOMS_PER_PERSON: usize = 1_000;
/// Of these, maximum rooms to which other people, except administrators, have added the person. The rest is reserved
/// for rooms that the person joins.
pub const ROOMS_BY_OTHERS: usize = 500;
/// Maximum rooms that one person has created, not counting direct conversations.
pub const ROOMS_MADE: usize = 1_000;
/// Maximum access tokens of one account.
pub const TOKENS_PER_ACCOUNT: usize = 100;
/// Maximum sign-ins of one account; a further one ends the one used least recently.
pub const SIGN_INS_PER_ACCOUNT: usize = 100;
/// Maximum persistent MQTT sessions of one account.
pub const SESSIONS_PER_ACCOUNT: usize = 1_000;
/// Maximum levels in a subscription's filter: those of a room, of `users/{me}/read/` before it, and of `/#` after it.
/// No topic has more.
pub const FILTER_LEVELS: usize = 12;
/// Maximum filters in one SUBSCRIBE packet.
pub const FILTERS_PER_PACKET: usize = 256;
/// Maximum subscriptions of one MQTT session.
pub const SUBSCRIPTIONS_PER_SESSION: usize = 1_000;
/// Maximum subscriptions of all MQTT sessions of one account.
pub const SUBSCRIPTIONS_PER_ACCOUNT: usize = 5_000;
