//! The reasons for which people are refused something, in one list. A reason implies the error code, the English text
//! and the parameters from which a client makes a text in another language. The table in docs/protocol.md and the
//! TypeScript type are derived from this list.
//!
//! Refusals that only programs, devices and operators meet need no reason: [`Refused::new`].

mod schema;
mod typescript;
mod value;

use std::fmt;

pub use typescript::typescript;
pub use value::{Kind, Letter, Line, Rated};

use crate::params::Params;
use crate::problem::{ErrorCode, Refused};
use value::Value;

/// A reason, for documents and generated code.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The word on the wire.
    pub word: &'static str,
    /// The error code that it implies.
    pub code: ErrorCode,
    /// The case in which it is given, a sentence.
    pub when: &'static str,
    /// The names of its parameters, with their TypeScript types.
    pub params: Vec<(&'static str, String)>,
}

macro_rules! reasons {
    ($life:lifetime; $($code:ident {
        $(#[doc = $when:literal] $reason:ident $({ $($param:ident: $type:ty),* $(,)? })? = $word:literal,
            $text:literal $(, $shown:ident = $value:expr)*;)*
    })*) => {
        /// Why a person is refused something.
        #[derive(Debug, Clone, Copy)]
        pub enum Reason<$life> {
            $($(
                #[doc = $when]
                $reason $({ $(#[doc = concat!("The parameter `", stringify!($param), "`.")] $param: $type,)* })?,
            )*)*
        }

        impl<$life> Reason<$life> {
            /// Returns all reasons.
            pub fn all() -> Vec<Entry> {
                vec![$($(Entry {
                    word: $word,
                    code: ErrorCode::$code,
                    when: $when.trim_ascii(),
                    params: vec![$($((stringify!($param), <$type as Value>::typescript()),)*)?],
                },)*)*]
            }

            /// Returns the error code.
            pub fn code(&self) -> ErrorCode {
                match self { $($(Self::$reason { .. } => ErrorCode::$code,)*)* }
            }

            /// Returns the parameters, including the word of the reason.
            pub fn params(&self) -> Params {
                match *self {
                    $($(Self::$reason $({ $($param),* })? => {
                        #[allow(unused_mut, reason = "most reasons have parameters")]
                        let mut params = Params::of($word);
                        $($(params.add(stringify!($param), $param.param());)*)?
                        params
                    })*)*
                }
            }
        }

        /// The English text, which says what to do.
        impl fmt::Display for Reason<'_> {
            #[allow(unused_variables, reason = "not every parameter is in the text")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    $($(Self::$reason $({ $($param),* })? => write!(f, $text $(, $shown = $value)*),)*)*
                }
            }
        }
    };
}

reasons! { 'a;
    BadRequest {
        /// A title, purpose or label has too many characters.
        LineTooLong { what: Line, size: usize, limit: usize } = "line_too_long",
            "{what} has {size} characters; shorten it to {limit}";
        /// A title, purpose or label has a control character, such as a line break.
        LineControl { what: Line, character: Letter } = "line_control",
            "{what} contains the control character {character}; remove it and write {what} on one line";
        /// A title, purpose or label has only invisible characters.
        LineBlank { what: Line } = "line_blank",
            "{what} has only invisible characters; write letters, digits or emoji";
        /// A room's title is empty.
        TitleEmpty = "title_empty", "the title is empty; give the room a title";
        /// `general` cannot become private.
        GeneralPublic = "general_public", "general is for everybody and must stay public";
        /// A direct conversation with oneself.
        DirectSelf = "direct_self", "a direct conversation needs two different people";
        /// The two names are too long together for the id of a direct conversation.
        DirectTooLong { limit: usize } = "direct_too_long",
            "the two names are too long together for a direct conversation, whose id can have {limit} bytes; use a \
             private room instead";
        /// A new password has too few characters.
        PasswordShort { limit: usize } = "password_short", "a password must have at least {limit} characters";
        /// A new password has too many bytes.
        PasswordLong { limit: usize } = "password_long", "a password can have at most {limit} bytes";
        /// The message to reply to does not exist in this room.
        NoOriginal { seq: u64 } = "no_original", "original_message {seq} is not a message of this room";
        /// An attachment is not an upload of the sender.
        NoUpload { attachment: &'a str } = "no_upload",
            "attachment {attachment} is not an upload of yours; upload it with POST /media";
        /// The uploaded file is empty.
        FileEmpty = "file_empty", "the file is empty";
        /// The body of the request ended early, or came too slowly.
        Incomplete = "incomplete", "the request is incomplete; send it again";
    }
    PayloadInvalid {
        /// A message without text and attachments.
        EmptyMessage = "empty_message", "the message is empty; add text or attachments";
        /// A message would have neither text nor attachments after the edit.
        EmptyEdit = "empty_edit", "the text is empty; write something, or delete the message";
        /// A message's text has only invisible characters.
        Blank = "blank", "the text has only invisible characters; write something that can be seen";
        /// A message's text has a control character other than line breaks and tabs.
        ControlCharacter { character: Letter } = "control_character",
            "the text contains the control character {character}; only line breaks and tabs are allowed";
        /// A message has too many attachments.
        Attachments { size: usize, limit: usize } = "attachments",
            "the message has {size} attachments; at most {limit} are allowed";
        /// A reaction is not exactly one emoji.
        NotEmoji = "not_emoji", "emoji must be exactly one emoji, such as 👍";
    }
    TopicInvalid {
        /// The name or room id is empty, or has nothing before, between or after its slashes.
        Empty { what: Kind } = "empty",
            "{what} is empty, or has nothing before, between or after its slashes; write letters or digits there";
        /// The name or room id has too many characters without a slash.
        TooLong { what: Kind, size: usize, limit: usize } = "too_long",
            "{what} is too long: {size} characters without a slash, at most {limit} are allowed; shorten it";
        /// The name or room id has spaces; the suggestion has none.
        Space { what: Kind, suggestion: &'a str } = "space", "{what} cannot have spaces; try {suggestion}";
        /// The name or room id has a character that is not allowed.
        Character { what: Kind, character: Letter } = "character",
            "{what} cannot have the character {character:?}; use letters, digits, '-', '_' and '.'";
        /// The name or room id has an emoji or another symbol.
        Symbol { what: Kind, character: Letter } = "symbol",
            "{what} cannot have the symbol {character}; use letters, digits, '-', '_' and '.' (a room's title can have \
             emoji)";
        /// The name or room id has an invisible character where no script needs it.
        Invisible { what: Kind, character: Letter } = "invisible",
            "{what} has the invisible character {character} where it is not needed; remove it";
        /// The name or room id is not in lower case and NFC; the suggestion is.
        NotNormal { what: Kind, suggestion: &'a str } = "not_normal",
            "{what} must be in lower case and in composed form (NFC); write it as {suggestion:?}";
        /// The name or room id has full-width, mathematical or similar letters; the suggestion has plain ones.
        NotPlain { what: Kind, suggestion: &'a str } = "not_plain",
            "{what} must have plain letters; write it as {suggestion:?}";
        /// The name or room id has a letter, such as a phonetic one, that is easily taken for another.
        UnusualLetter { what: Kind, character: Letter } = "unusual_letter",
            "{what} cannot have {character:?}, which is easily taken for another letter; use the usual one";
        /// The name or room id mixes letters of several scripts that look alike.
        MixedScripts { what: Kind } = "mixed_scripts",
            "{what} mixes letters of several scripts that look alike; use one script";
        /// The name or room id has too many marks on one letter.
        Marks { what: Kind, limit: usize } = "marks",
            "{what} has more than {limit} marks on one letter; remove some";
        /// The name or room id is `.` or `..`, or has them between slashes.
        Dots { what: Kind } = "dots", "{what} cannot be '.' or '..', nor have them between slashes";
        /// A room id has too many levels.
        Levels { what: Kind, size: usize, limit: usize } = "levels",
            "{what} has {size} levels; at most {limit} are allowed";
        /// A room id has too many bytes.
        Bytes { what: Kind, size: usize, limit: usize } = "bytes",
            "{what} has {size} bytes; at most {limit} are allowed";
        /// The name or room id is or begins with a word that has another meaning.
        Reserved { what: Kind, word: &'a str } = "reserved",
            "{what} cannot be or begin with {word:?}, which has a meaning of its own; choose another";
        /// A new room's id begins with `dm/`.
        DirectReserved = "direct_reserved",
            "a room id cannot begin with dm/, which is for direct conversations; open one with a person instead";
    }
    NotAuthenticated {
        /// The name or the password is wrong.
        WrongCredentials = "wrong_credentials", "the name or the password is wrong";
        /// The sign-in has ended, or the token is not valid.
        SignInEnded = "sign_in_ended", "this sign-in has ended, or the token is not valid; sign in again";
        /// A request without a sign-in or token.
        NotSignedIn = "not_signed_in", "sign in first, or send Authorization: Bearer TOKEN";
        /// A CONNECT without a name, or without a password or token.
        NoCredentials = "no_credentials",
            "connect with the name of an account and its password or an access token";
    }
    NotAuthorized {
        /// The account is disabled.
        AccountDisabled = "account_disabled", "this account is disabled; ask an administrator";
        /// The account was deleted while it was connected.
        AccountDeleted = "account_deleted", "the account is deleted";
        /// The token was revoked while it was connected.
        TokenRevoked = "token_revoked", "the token was revoked";
        /// The password was changed while it was connected.
        PasswordChanged = "password_changed", "the password was changed; sign in again";
        /// The caller is not a member of the room.
        NotMember { room: &'a str } = "not_member", "you are not in {room}; join it first";
        /// The caller is neither an owner of the room nor an administrator.
        NotOwner { room: &'a str } = "not_owner", "only an owner of {room} or an administrator may do that";
        /// The caller is not an administrator.
        NotAdministrator = "not_administrator", "only an administrator may do that";
        /// The caller is not the sender of the message.
        NotSender = "not_sender", "only the sender of a message can change it";
        /// The caller is neither the sender of the message, nor an owner of the room, nor an administrator.
        NotSenderOrOwner = "not_sender_or_owner",
            "only the sender of a message, an owner of the room or an administrator can delete it";
        /// A direct conversation cannot be changed.
        DirectChange = "direct_change", "a direct conversation cannot be changed";
        /// A direct conversation cannot be left.
        DirectLeave = "direct_leave", "a direct conversation cannot be left";
        /// The current password, which is needed to change it, is wrong.
        CurrentPassword = "current_password", "that is not your current password";
        /// The setup link is not the one that the server printed at its last start.
        SetupLink = "setup_link",
            "this is not the link that the server printed at its last start; look at its output again";
        /// The request comes from a page of another site.
        OtherSite = "other_site",
            "the request comes from another site's page, for which the cookie does not count: send an access token there \
             (Authorization: Bearer TOKEN). If it is this server's own page, set this server's address (--public-url), \
             or let the proxy pass on Host and X-Forwarded-Proto as in the browser's request";
    }
    NotFound {
        /// There is no such room, or only its members may know of it.
        NoRoom { room: &'a str } = "no_room", "there is no room {room} that you can see";
        /// The room was deleted.
        RoomGone = "room_gone", "the room no longer exists";
        /// There is no direct conversation with this person yet; sending begins it.
        NoConversation { name: &'a str } = "no_conversation",
            "you have no conversation with {name} yet; send a message to begin it";
        /// The names in a direct conversation's id are in the wrong order; `room` has the right one.
        DirectUnsorted { room: &'a str } = "direct_unsorted",
            "the names in a direct conversation are sorted: write {room}";
        /// There is no such account.
        NoAccount { name: &'a str } = "no_account", "there is no account {name}";
        /// There is no such message in the room, or it was deleted.
        NoMessage { seq: u64 } = "no_message", "there is no message {seq} in this room, or it was deleted";
        /// There is no such upload, or it is not for the caller.
        NoFile = "no_file", "there is no such file, or you may not see it";
        /// The caller has no such token.
        NoToken { token: u64 } = "no_token", "you have no token {token}";
    }
    AlreadyExists {
        /// The room id is taken, or looks like one that is taken.
        Room { room: &'a str } = "room",
            "the room id {room} is taken, or looks like one that is taken; choose another";
        /// The name is taken, or looks like one that is taken.
        Account { name: &'a str } = "account",
            "the name {name} is taken, or looks like one that is taken; choose another";
        /// The name was that of an account that is deleted.
        DeletedAccount { name: &'a str } = "deleted_account",
            "{name} was the name of a deleted account; choose another name";
        /// There is already an administrator, so setup is over.
        Administrator = "administrator",
            "there is already an administrator; sign in, or create another one with: chinwag user add NAME --admin \
             --password-stdin";
    }
    MsgIdReused {
        /// The sender used this `msg_id` for something else.
        MsgId { msg_id: &'a str } = "msg_id",
            "you have already used {msg_id:?} for another request; use a new msg_id";
    }
    TooLarge {
        /// A message's text has too many bytes.
        Text { size: usize, limit: usize } = "text", "the text has {size} bytes; at most {limit} are allowed";
        /// The body of an HTTP request has too many bytes.
        Body { limit: usize } = "body", "the body has more than {limit} bytes";
        /// A file has too many bytes.
        File { limit: u64 } = "file", "a file can have at most {mebibytes} MiB", mebibytes = limit >> 20;
        /// An MQTT packet has too many bytes.
        Packet { limit: usize } = "packet", "a packet can have at most {limit} bytes";
    }
    QuotaExceeded {
        /// The room has as many members as a room can have.
        RoomFull { limit: usize } = "room_full", "the room is full: it has {limit} members";
        /// The caller has created as many rooms as one person can.
        RoomsMade { limit: usize } = "rooms_made", "one person can create at most {limit} rooms";
        /// The caller is in as many rooms as one person can be.
        Rooms { limit: usize } = "rooms", "one person can be in at most {limit} rooms; leave one first";
        /// The person to add is in as many rooms as one person can be.
        RoomsOfOther { name: &'a str, limit: usize } = "rooms_of_other",
            "{name} is in {limit} rooms, and one person cannot be in more; they can leave one";
        /// Others have added the person to as many rooms as they can.
        RoomsByOthers { name: &'a str, limit: usize } = "rooms_by_others",
            "{name} is in {limit} rooms that others have added them to, and no more can be added; they can join by \
             themselves";
        /// The message has as many different emoji as a message can have.
        Emoji { limit: usize } = "emoji",
            "a message can have at most {limit} different emoji; use one that is there";
        /// The account has as many access tokens as an account can have.
        Tokens { limit: usize } = "tokens",
            "an account can have at most {limit} access tokens; revoke one that is not in use";
        /// The account has as many persistent MQTT sessions as an account can have.
        Sessions { limit: usize } = "sessions",
            "an account can have at most {limit} persistent sessions; end one of them";
        /// The account has uploaded as much within 24 hours as it may; `limit` is in bytes.
        UploadsToday { limit: u64 } = "uploads_today",
            "you can upload at most {gibibytes} GiB within 24 hours; try again later", gibibytes = limit >> 30;
    }
    TooManyRequests {
        /// Too many of these in a short time; `seconds` is how long to wait.
        Rate { what: Rated, seconds: u64 } = "rate", "too many {what}; try again in {seconds} s";
        /// The account has too many uploads in progress.
        UploadsAtOnce = "uploads_at_once",
            "you have too many uploads at once; wait until one of them is done";
        /// The address has too many requests in progress.
        RequestsAtOnce = "requests_at_once",
            "too many requests at once from your address; wait until some of them are finished";
        /// Too many read cursors wait to be stored.
        Cursors = "cursors", "too many read cursors are waiting to be stored; send it again";
    }
    Unavailable {
        /// Too many people are signing in at the moment.
        SignInsBusy = "sign_ins_busy", "too many people are signing in; try again in a moment";
        /// Too much is being sent to the server at the moment.
        BodiesBusy = "bodies_busy",
            "too much is being sent at the moment, by you or by everybody; try again in a few seconds";
        /// Too many uploads of others are in progress.
        UploadsBusy = "uploads_busy", "too many other uploads at the moment; try again in a minute";
        /// The server does not know where browsers reach its external broker.
        BrokerAddress = "broker_address",
            "this server does not know where browsers reach the broker; set --broker-websocket";
    }
    StorageFull {
        /// All uploads together have reached the server's limit.
        AllUploads = "all_uploads", "all uploads together have reached this server's limit; ask its administrator";
    }
}

impl From<Reason<'_>> for Refused {
    fn from(reason: Reason<'_>) -> Self {
        Self { code: reason.code(), detail: reason.to_string(), params: reason.params() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::params::Param;

    #[test]
    fn a_word_stands_for_one_reason() {
        let all = Reason::all();
        let words: HashSet<_> = all.iter().map(|reason| reason.word).collect();
        assert_eq!(words.len(), all.len());
        for Entry { word, when, params, .. } in &all {
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{word}");
            assert!(when.ends_with('.') && !when.contains('|'), "{word}: {when}");
            assert!(params.iter().all(|(name, _)| *name != "reason"), "{word}");
        }
    }

    #[test]
    fn a_reason_implies_everything_else() {
        let refused = Refused::from(Reason::LineTooLong { what: Line::Title, size: 120, limit: 100 });
        assert_eq!(refused.code, ErrorCode::BadRequest);
        assert_eq!(refused.detail, "the title has 120 characters; shorten it to 100");
        let params: Vec<_> = refused.params.iter().map(|(name, value)| (name, value.clone())).collect();
        let text = |text: &str| Param::Text(text.to_owned());
        let expected = [
            ("limit", Param::Number(100)),
            ("reason", text("line_too_long")),
            ("size", Param::Number(120)),
            ("what", text("title")),
        ];
        assert_eq!(params, expected);
        assert_eq!(Reason::File { limit: 50 << 20 }.to_string(), "a file can have at most 50 MiB");
    }
}
