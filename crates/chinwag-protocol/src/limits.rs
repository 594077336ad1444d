//! All limits on sizes and counts that a client can run into, in one place. Rate limits are defined in
//! `chinwag-chat`, because `--limits off` turns them off; these limits always apply.

/// Levels a room id may have.
pub const ROOM_LEVELS: usize = 8;
/// Characters one level, or one name, may have.
pub const LEVEL_CHARS: usize = 64;
/// Marks one letter of a new name may carry (UTS #39, 5.4).
pub const STACKED_MARKS: usize = 4;
/// Bytes a room id may have in all.
pub const ROOM_BYTES: usize = 200;
/// Bytes of UTF-8 a message's text may have.
pub const TEXT_BYTES: usize = 16 * 1024;
/// Characters a `msg_id` may have.
pub const MSG_ID_CHARS: usize = 64;
/// Characters an upload's id may have.
pub const MEDIA_ID_CHARS: usize = 64;
/// Characters a token's label may have.
pub const LABEL_CHARS: usize = 100;
/// Characters a room's title may have.
pub const TITLE_CHARS: usize = 100;
/// Characters a room's purpose may have.
pub const PURPOSE_CHARS: usize = 500;
/// Attachments one message may name.
pub const ATTACHMENTS: usize = 10;
/// People one message can mention.
pub const MENTIONS: usize = 50;
/// Different emoji that can be on one message.
pub const EMOJI_PER_MESSAGE: usize = 50;
/// People who are named for each emoji on a message; all are counted.
pub const REACTION_NAMES: usize = 20;
/// Bytes of quoted text carried with an answer.
pub const QUOTE_BYTES: usize = 280;
/// Characters a password must have at least. Length is what counts (NIST SP 800-63B, 3.1.1.2).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Bytes a password may have; more only feeds the hash.
pub const PASSWORD_MAX_BYTES: usize = 512;
/// Bytes one uploaded file may have.
pub const MEDIA_BYTES: u64 = 50 * 1024 * 1024;
/// Bytes one account may upload within 24 hours.
pub const MEDIA_DAY_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Characters an uploaded file's name may have.
pub const MEDIA_NAME_CHARS: usize = 200;
/// Pixels a picture may have in all to be shown as one; above it, it is a file like any other.
pub const PICTURE_PIXELS: u64 = 50_000_000;
/// Bytes an HTTP request body may have, uploads excepted.
pub const BODY_BYTES: usize = 128 * 1024;
/// Bytes one MQTT packet may have.
pub const PACKET_BYTES: usize = 64 * 1024;
/// Messages `GET /messages` gives unless asked otherwise.
pub const MESSAGES_DEFAULT: u32 = 20;
/// Messages `GET /messages` gives at most.
pub const MESSAGES_MAX: u32 = 100;
/// Events `GET /events` gives at most in one answer.
pub const EVENTS_MAX: u32 = 500;
/// People, members or rooms a list that comes in pages gives unless asked otherwise.
pub const PAGE_DEFAULT: u32 = 100;
/// People, members or rooms such a list gives at most in one answer.
pub const PAGE_MAX: u32 = 500;
/// How far behind `GET /events` still fills the gap; further behind it answers `"reset": true`.
pub const EVENTS_BEHIND_MAX: u64 = 10_000;
/// Seconds a "typing" notice stands.
pub const TYPING_SECONDS: u64 = 6;
/// Members a room may have for them to be told of each other's presence.
pub const PRESENCE_MEMBERS: usize = 100;
/// Members a room may have for the others to be told how far each has read.
pub const CURSOR_MEMBERS: usize = 20;
/// People who can be in one room.
pub const ROOM_MEMBERS: usize = 10_000;
/// Rooms one person can be in; direct conversations do not count.
pub const ROOMS_PER_PERSON: usize = 1_000;
/// Of these, rooms into which others have put somebody, administrators excepted; the rest is for rooms one joins oneself.
pub const ROOMS_BY_OTHERS: usize = 500;
/// Rooms that one person has made; direct conversations do not count.
pub const ROOMS_MADE: usize = 1_000;
/// Access tokens one account can have at a time.
pub const TOKENS_PER_ACCOUNT: usize = 100;
/// Sign-ins one account can have at a time; the one used longest ago goes first.
pub const SIGN_INS_PER_ACCOUNT: usize = 100;
/// Persistent MQTT sessions of one account that are kept.
pub const SESSIONS_PER_ACCOUNT: usize = 1_000;
/// Levels a subscription's filter may have: `users/{me}/read/` before a room, and `/#` behind it. No topic has more.
pub const FILTER_LEVELS: usize = 12;
/// Filters one SUBSCRIBE packet may have.
pub const FILTERS_PER_PACKET: usize = 256;
/// Subscriptions of one MQTT session.
pub const SUBSCRIPTIONS_PER_SESSION: usize = 1_000;
/// Subscriptions of all MQTT sessions of one account.
pub const SUBSCRIPTIONS_PER_ACCOUNT: usize = 5_000;
