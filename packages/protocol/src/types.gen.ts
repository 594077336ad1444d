// Generated from crates/chinwag-protocol by `make types`. Do not edit.

export type Quote = { 
/**
 * The quoted message's seq in the room's log.
 */
seq: number, 
/**
 * The quoted message's sender.
 */
sender: string, 
/**
 * The text, shortened to 280 bytes; empty if that message was deleted later.
 */
text: string, };

export type Attachment = { 
/**
 * The id that `POST /media` returned.
 */
id: string, 
/**
 * The file's name, as uploaded.
 */
name: string, 
/**
 * The media type, detected from the content.
 */
type: string, 
/**
 * The size in bytes.
 */
size: number, 
/**
 * The width in pixels of a picture that can be displayed.
 */
width?: number, 
/**
 * The height in pixels of a picture that can be displayed.
 */
height?: number, };

export type Deleted = { 
/**
 * The seq of the `delete` event.
 */
seq: number, 
/**
 * The account that deleted it.
 */
by: string, };

export type EventBody = { "type": "message", 
/**
 * The key that the sender gave the message.
 */
msg_id: string, 
/**
 * The text. May be empty if there are attachments.
 */
text: string, 
/**
 * The message to which this one replies.
 */
original_message?: Quote, 
/**
 * Files and pictures.
 */
attachments?: Array<Attachment>, 
/**
 * Present if the message is deleted; its content is then erased.
 */
deleted?: Deleted, } | { "type": "edit", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The new text; empty if the message was deleted later.
 */
text: string, 
/**
 * The key that the sender gave the request.
 */
msg_id?: string, } | { "type": "delete", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The key that the sender gave the request.
 */
msg_id?: string, } | { "type": "react", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The emoji.
 */
emoji: string, 
/**
 * True if it was added, false if it was removed.
 */
on: boolean, 
/**
 * The key that the sender gave the request.
 */
msg_id?: string, } | { "type": "join", 
/**
 * The new member.
 */
name: string, } | { "type": "leave", 
/**
 * The former member.
 */
name: string, } | { "type": "room", 
/**
 * The title to display.
 */
title: string, 
/**
 * What the room is for.
 */
purpose: string, 
/**
 * Whether only members can see the room.
 */
private: boolean, };

export type Event = { 
/**
 * The event's number in the room's log: 1, 2, 3 … without gaps, counting events of every type.
 */
seq: number, 
/**
 * The room.
 */
topic: string, 
/**
 * The authenticated account that caused the event.
 */
sender: string, 
/**
 * The server's time, RFC 3339 with milliseconds, UTC.
 */
sent_at: string, } & ({ "type": "message", 
/**
 * The key that the sender gave the message.
 */
msg_id: string, 
/**
 * The text. May be empty if there are attachments.
 */
text: string, 
/**
 * The message to which this one replies.
 */
original_message?: Quote, 
/**
 * Files and pictures.
 */
attachments?: Array<Attachment>, 
/**
 * Present if the message is deleted; its content is then erased.
 */
deleted?: Deleted, } | { "type": "edit", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The new text; empty if the message was deleted later.
 */
text: string, 
/**
 * The key that the sender gave the request.
 */
msg_id?: string, } | { "type": "delete", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The key that the sender gave the request.
 */
msg_id?: string, } | { "type": "react", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The emoji.
 */
emoji: string, 
/**
 * True if it was added, false if it was removed.
 */
on: boolean, 
/**
 * The key that the sender gave the request.
 */
msg_id?: string, } | { "type": "join", 
/**
 * The new member.
 */
name: string, } | { "type": "leave", 
/**
 * The former member.
 */
name: string, } | { "type": "room", 
/**
 * The title to display.
 */
title: string, 
/**
 * What the room is for.
 */
purpose: string, 
/**
 * Whether only members can see the room.
 */
private: boolean, });

export type InboxNote = { "type": "sent", 
/**
 * The room.
 */
topic: string, 
/**
 * The `msg_id` of the publish.
 */
msg_id: string, 
/**
 * The seq of its event; absent if there was nothing to change.
 */
seq?: number, } | { "type": "refused", 
/**
 * The topic of the publish.
 */
topic: string, 
/**
 * The `msg_id` of the publish, if its payload had one.
 */
msg_id?: string, 
/**
 * The error code.
 */
code: ErrorCode, 
/**
 * The reason, for people.
 */
detail: string, 
/**
 * The reason with its parameters, for a text in the person's language. Absent if the code says everything.
 */
params?: ErrorReason, 
/**
 * How many earlier refusals with this code were not reported, because there were too many in a minute.
 */
suppressed?: number, } | { "type": "invited", 
/**
 * The room.
 */
topic: string, 
/**
 * The account that caused this.
 */
by: string, } | { "type": "removed", 
/**
 * The room.
 */
topic: string, 
/**
 * The account that caused this.
 */
by: string, } | { "type": "mention", 
/**
 * The room.
 */
topic: string, 
/**
 * The seq of the message.
 */
seq: number, 
/**
 * The sender of the message.
 */
sender: string, } | { "type": "unread", 
/**
 * The rooms in which the cursor changed.
 */
rooms: Record<string, RoomUnread>, } | { "type": "heads", 
/**
 * `{room: last_seq}`.
 */
rooms: Record<string, number>, };

export type RoomUnread = { 
/**
 * The account's read cursor.
 */
read_seq: number, 
/**
 * The number of other people's messages after it, counted up to 100.
 */
unread: number, };

export type PresenceState = "online" | "away" | "offline";

export type Presence = { 
/**
 * Whether the person is online.
 */
state: PresenceState, 
/**
 * When the person was last online, RFC 3339; while online, the current time.
 */
last_seen: string, };

export type Activity = { "type": "typing" } & Typing | { "type": "read", 
/**
 * The seq of the last event they have read.
 */
read_seq: number, };

export type ErrorCode = "bad_request" | "payload_invalid" | "echo" | "topic_invalid" | "not_authenticated" | "not_authorized" | "not_found" | "method_not_allowed" | "already_exists" | "msg_id_reused" | "too_large" | "unsupported_media_type" | "quota_exceeded" | "too_many_requests" | "internal" | "unavailable" | "storage_full";

export type Problem = { 
/**
 * `urn:chinwag:problem:{code}`.
 */
type: string, 
/**
 * A short description of the code; the same for all errors with this code.
 */
title: string, 
/**
 * The HTTP status.
 */
status: number, 
/**
 * The reason for this error and what to do about it, for people.
 */
detail: string, 
/**
 * The error code.
 */
code: ErrorCode, 
/**
 * The reason with its parameters, for a text in the person's language. Absent if the code says everything.
 */
params?: ErrorReason, };

export type SignIn = { 
/**
 * The account's name.
 */
username: string, 
/**
 * The account's password.
 */
password: string, 
/**
 * A name for the sign-in, by which its owner recognizes it among others, such as "Firefox on Linux".
 */
label?: string, };

export type Setup = { 
/**
 * The token from the one-time link that the server printed.
 */
token: string, 
/**
 * The new account's name.
 */
username: string, 
/**
 * The new account's password.
 */
password: string, 
/**
 * A name for the sign-in, as in `POST /session`.
 */
label?: string, };

export type SetupState = { 
/**
 * True until there is an administrator who can sign in.
 */
needed: boolean, 
/**
 * True once any account exists; its owner can sign in even if there is no administrator.
 */
accounts: boolean, };

export type Session = { 
/**
 * For `Authorization: Bearer`, and for the password field of an MQTT CONNECT. Shown only once.
 */
token: string, 
/**
 * The account that is signed in.
 */
account: Account, };

export type Account = { 
/**
 * The account's name.
 */
name: string, 
/**
 * Whether the account is an administrator: it may create accounts and manage every room.
 */
admin: boolean, };

export type NewAccount = { 
/**
 * The new account's name.
 */
username: string, 
/**
 * The initial password.
 */
password: string, 
/**
 * Whether the account is an administrator: it may create accounts and manage every room.
 */
admin?: boolean, };

export type ChangePassword = { 
/**
 * The current password.
 */
current: string, 
/**
 * The new password.
 */
new: string, };

export type NewToken = { 
/**
 * A description of what the token is for.
 */
label: string, };

export type CreatedToken = { 
/**
 * The id with which the token can be revoked.
 */
id: number, 
/**
 * The token.
 */
token: string, };

export type TokenInfo = { 
/**
 * The id with which the token can be revoked.
 */
id: number, 
/**
 * The description given when it was created.
 */
label: string, 
/**
 * The time of creation, RFC 3339.
 */
created_at: string, 
/**
 * The time of the last use, RFC 3339, accurate to the hour; absent if it was never used.
 */
last_used_at?: string, 
/**
 * Whether it is a sign-in; otherwise it is an access token.
 */
sign_in: boolean, 
/**
 * Whether this request used it.
 */
current: boolean, };

export type Tokens = { 
/**
 * The sign-ins and tokens, newest first.
 */
tokens: Array<TokenInfo>, };

export type Person = { 
/**
 * The person's name.
 */
name: string, 
/**
 * Whether the person is online.
 */
state: PresenceState, 
/**
 * When the person was last online, RFC 3339; absent if never.
 */
last_seen?: string, 
/**
 * Whether changes are published to the caller by MQTT, which is so if the two share a direct conversation or a
 * small room. If false, ask again.
 */
live: boolean, };

export type People = { 
/**
 * The people, sorted by name.
 */
people: Array<Person>, 
/**
 * The cursor for the next page; absent on the last page.
 */
cursor?: string, };

export type NewRoom = { 
/**
 * The room's id, which is also its MQTT topic.
 */
topic: string, 
/**
 * The title to display; the topic by default.
 */
title?: string, 
/**
 * What the room is for.
 */
purpose?: string, 
/**
 * Whether only people who were added can see the room.
 */
private?: boolean, };

export type ChangeRoom = { 
/**
 * The title to display.
 */
title?: string, 
/**
 * What the room is for.
 */
purpose?: string, 
/**
 * Whether only people who were added can see the room.
 */
private?: boolean, };

export type Room = { 
/**
 * The room's id, which is also its MQTT topic.
 */
topic: string, 
/**
 * The title to display; for a direct conversation, the other person's name.
 */
title: string, 
/**
 * What the room is for.
 */
purpose: string, 
/**
 * Whether only people who were added can see the room.
 */
private: boolean, 
/**
 * Whether it is a direct conversation.
 */
direct: boolean, 
/**
 * Whether the caller is a member.
 */
member: boolean, 
/**
 * Whether the caller is an owner, who may change the room and remove people.
 */
owner: boolean, 
/**
 * The number of members.
 */
members: number, 
/**
 * Identifies the log's history. It changes if the log is rewound, as by restoring a backup; earlier seqs are then
 * invalid.
 */
epoch: string, 
/**
 * The seq of the room's last event; 0 if there is none.
 */
last_seq: number, 
/**
 * The caller's read cursor.
 */
read_seq: number, 
/**
 * The number of other people's messages after the caller's read cursor, counted up to 100.
 */
unread: number, 
/**
 * The last message, for a preview.
 */
last_message?: Event, };

export type Rooms = { 
/**
 * The caller's rooms, the one with the latest event first; or joinable rooms, sorted by topic.
 */
rooms: Array<Room>, 
/**
 * The cursor for the next page; absent on the last page, and for the caller's rooms, which are not paged.
 */
cursor?: string, };

export type Direct = { 
/**
 * The other person's name.
 */
name: string, };

export type AddMember = { 
/**
 * The person to add; by default the caller.
 */
name?: string, };

export type Member = { 
/**
 * The member's name.
 */
name: string, 
/**
 * Whether the member is an owner, who may change the room and remove people.
 */
owner: boolean, 
/**
 * The member's read cursor.
 */
read_seq: number, };

export type Members = { 
/**
 * The members, sorted by name.
 */
members: Array<Member>, 
/**
 * The cursor for the next page; absent on the last page.
 */
cursor?: string, };

export type NewMessage = { 
/**
 * The room.
 */
topic: string, 
/**
 * The text. May be absent if there are attachments.
 */
text: string, 
/**
 * The client's key for the message: 1 to 64 visible ASCII characters. A retry with the same key never creates a
 * second message. If absent, the server generates one.
 */
msg_id?: string, 
/**
 * The seq of the message to which this one replies.
 */
original_message?: number, 
/**
 * The ids that `POST /media` returned.
 */
attachments?: Array<string>, };

export type Edited = { 
/**
 * The seq of the `edit` event.
 */
seq: number, 
/**
 * The time of the edit, RFC 3339.
 */
at: string, };

export type Reaction = { 
/**
 * The emoji.
 */
emoji: string, 
/**
 * The number of people who reacted with it.
 */
count: number, 
/**
 * The first people who did, at most 20.
 */
names: string[], 
/**
 * Whether the caller is among them.
 */
mine: boolean, };

export type MessageType = "message";

export type Message = { 
/**
 * The message's seq in the room's log.
 */
seq: number, 
/**
 * The room.
 */
topic: string, 
/**
 * The sender's account.
 */
sender: string, 
/**
 * When the message was sent, RFC 3339.
 */
sent_at: string, 
/**
 * Always `message`.
 */
type: MessageType, 
/**
 * The key that the sender gave the message.
 */
msg_id: string, 
/**
 * The current text.
 */
text: string, 
/**
 * The message to which this one replies.
 */
original_message?: Quote, 
/**
 * Files and pictures.
 */
attachments?: Array<Attachment>, 
/**
 * Present if the message is deleted; its content is then erased.
 */
deleted?: Deleted, 
/**
 * The seq of the last event that changed the message; its own seq if none did. Of two versions, the one with the
 * larger value is newer.
 */
changed_seq: number, 
/**
 * The last edit, if any.
 */
edited?: Edited, 
/**
 * Reactions, ordered by the first reaction with each emoji.
 */
reactions?: Array<Reaction>, };

export type Messages = { 
/**
 * The room.
 */
topic: string, 
/**
 * Identifies the log's history; see `Room`.
 */
epoch: string, 
/**
 * The seq of the room's last event, whatever its type.
 */
last_seq: number, 
/**
 * The first seq of the stretch of the log that the response covers: every message from here to `to` is in it.
 */
from: number, 
/**
 * The last seq of the stretch; `from - 1` if it is empty.
 */
to: number, 
/**
 * The messages, oldest first.
 */
messages: Array<Message>, 
/**
 * With `notes=true`: the joins, leaves and changes of the room from `from` to `to`, oldest first.
 */
notes?: Event[], };

export type Events = { 
/**
 * The room.
 */
topic: string, 
/**
 * Identifies the log's history; see `Room`.
 */
epoch: string, 
/**
 * The seq of the room's last event.
 */
last_seq: number, 
/**
 * The events, in order. After `after` there are more while the seq of the last one is below `last_seq`; before
 * `before` there are more while the seq of the first one is above 1.
 */
events: Event[], 
/**
 * Whether the client is too far behind; it then has to start over with `/messages`.
 */
reset?: boolean, };

export type BrokerInfo = { 
/**
 * The WebSocket URL; absent if it is this server's own `/mqtt`.
 */
url?: string, 
/**
 * The URLs for devices and scripts: `mqtts://HOST:PORT`, `mqtt://`, `wss://HOST:PORT/mqtt`, `ws://`. Only those
 * that the caller can reach, the best first.
 */
addresses?: Array<string>, 
/**
 * The user name for CONNECT.
 */
username: string, 
/**
 * The password for CONNECT. If it is absent, the caller's access token is one; a page of this server's own origin
 * needs none, as its cookie is enough.
 */
password?: string, 
/**
 * Whether the broker grants wildcard filters and delivers what the caller may read: `#` then means all of the
 * caller's rooms. If false, subscribe to each room and each person by name.
 */
wildcards: boolean, 
/**
 * Whether a PUBACK means that the message is stored. If false, it is stored once its `msg_id` comes back, in an
 * inbox note or in the room.
 */
stored_on_ack: boolean, };

export type MediaIds = { 
/**
 * The ids of the uploads, at most 100.
 */
ids: string[], };

export type MediaAddresses = { 
/**
 * For each upload's id its path on this server, with its query. An upload that does not exist or that the caller
 * may not read is left out.
 */
addresses: { [key in string]: string }, 
/**
 * The time from which on they are refused, RFC 3339.
 */
expires_at: string, };

/**
 * Why a person was refused something, with the parameters for a text about it. A newer server may send others.
 */
export type ErrorReason =
/** `bad_request`: A title, purpose or label has too many characters. */
| { reason: "line_too_long", what: "title" | "purpose" | "label", size: number, limit: number }
/** `bad_request`: A title, purpose or label has a control character, such as a line break. */
| { reason: "line_control", what: "title" | "purpose" | "label", character: string }
/** `bad_request`: A title, purpose or label has only invisible characters. */
| { reason: "line_blank", what: "title" | "purpose" | "label" }
/** `bad_request`: A room's title is empty. */
| { reason: "title_empty" }
/** `bad_request`: `general` cannot become private. */
| { reason: "general_public" }
/** `bad_request`: A direct conversation with oneself. */
| { reason: "direct_self" }
/** `bad_request`: The two names are too long together for the id of a direct conversation. */
| { reason: "direct_too_long", limit: number }
/** `bad_request`: A new password has too few characters. */
| { reason: "password_short", limit: number }
/** `bad_request`: A new password has too many bytes. */
| { reason: "password_long", limit: number }
/** `bad_request`: The message to reply to does not exist in this room. */
| { reason: "no_original", seq: number }
/** `bad_request`: An attachment is not an upload of the sender. */
| { reason: "no_upload", attachment: string }
/** `bad_request`: The uploaded file is empty. */
| { reason: "file_empty" }
/** `bad_request`: The body of the request ended early, or came too slowly. */
| { reason: "incomplete" }
/** `payload_invalid`: A message without text and attachments. */
| { reason: "empty_message" }
/** `payload_invalid`: A message would have neither text nor attachments after the edit. */
| { reason: "empty_edit" }
/** `payload_invalid`: A message's text has only invisible characters. */
| { reason: "blank" }
/** `payload_invalid`: A message's text has a control character other than line breaks and tabs. */
| { reason: "control_character", character: string }
/** `payload_invalid`: A message has too many attachments. */
| { reason: "attachments", size: number, limit: number }
/** `payload_invalid`: A reaction is not exactly one emoji. */
| { reason: "not_emoji" }
/** `topic_invalid`: The name or room id is empty, or has nothing before, between or after its slashes. */
| { reason: "empty", what: "name" | "room" }
/** `topic_invalid`: The name or room id has too many characters without a slash. */
| { reason: "too_long", what: "name" | "room", size: number, limit: number }
/** `topic_invalid`: The name or room id has spaces; the suggestion has none. */
| { reason: "space", what: "name" | "room", suggestion: string }
/** `topic_invalid`: The name or room id has a character that is not allowed. */
| { reason: "character", what: "name" | "room", character: string }
/** `topic_invalid`: The name or room id has an emoji or another symbol. */
| { reason: "symbol", what: "name" | "room", character: string }
/** `topic_invalid`: The name or room id has an invisible character where no script needs it. */
| { reason: "invisible", what: "name" | "room", character: string }
/** `topic_invalid`: The name or room id is not in lower case and NFC; the suggestion is. */
| { reason: "not_normal", what: "name" | "room", suggestion: string }
/** `topic_invalid`: The name or room id has full-width, mathematical or similar letters; the suggestion has plain ones. */
| { reason: "not_plain", what: "name" | "room", suggestion: string }
/** `topic_invalid`: The name or room id has a letter, such as a phonetic one, that is easily taken for another. */
| { reason: "unusual_letter", what: "name" | "room", character: string }
/** `topic_invalid`: The name or room id mixes letters of several scripts that look alike. */
| { reason: "mixed_scripts", what: "name" | "room" }
/** `topic_invalid`: The name or room id has too many marks on one letter. */
| { reason: "marks", what: "name" | "room", limit: number }
/** `topic_invalid`: The name or room id is `.` or `..`, or has them between slashes. */
| { reason: "dots", what: "name" | "room" }
/** `topic_invalid`: A room id has too many levels. */
| { reason: "levels", what: "name" | "room", size: number, limit: number }
/** `topic_invalid`: A room id has too many bytes. */
| { reason: "bytes", what: "name" | "room", size: number, limit: number }
/** `topic_invalid`: The name or room id is or begins with a word that has another meaning. */
| { reason: "reserved", what: "name" | "room", word: string }
/** `topic_invalid`: A new room's id begins with `dm/`. */
| { reason: "direct_reserved" }
/** `not_authenticated`: The name or the password is wrong. */
| { reason: "wrong_credentials" }
/** `not_authenticated`: The sign-in has ended, or the token is not valid. */
| { reason: "sign_in_ended" }
/** `not_authenticated`: A request without a sign-in or token. */
| { reason: "not_signed_in" }
/** `not_authenticated`: A CONNECT without a name, or without a password or token. */
| { reason: "no_credentials" }
/** `not_authorized`: The account is disabled. */
| { reason: "account_disabled" }
/** `not_authorized`: The account was deleted while it was connected. */
| { reason: "account_deleted" }
/** `not_authorized`: The token was revoked while it was connected. */
| { reason: "token_revoked" }
/** `not_authorized`: The password was changed while it was connected. */
| { reason: "password_changed" }
/** `not_authorized`: The caller is not a member of the room. */
| { reason: "not_member", room: string }
/** `not_authorized`: The caller is neither an owner of the room nor an administrator. */
| { reason: "not_owner", room: string }
/** `not_authorized`: The caller is not an administrator. */
| { reason: "not_administrator" }
/** `not_authorized`: The caller is not the sender of the message. */
| { reason: "not_sender" }
/** `not_authorized`: The caller is neither the sender of the message, nor an owner of the room, nor an administrator. */
| { reason: "not_sender_or_owner" }
/** `not_authorized`: A direct conversation cannot be changed. */
| { reason: "direct_change" }
/** `not_authorized`: A direct conversation cannot be left. */
| { reason: "direct_leave" }
/** `not_authorized`: The current password, which is needed to change it, is wrong. */
| { reason: "current_password" }
/** `not_authorized`: The setup link is not the one that the server printed at its last start. */
| { reason: "setup_link" }
/** `not_authorized`: The request comes from a page of another site. */
| { reason: "other_site" }
/** `not_found`: There is no such room, or only its members may know of it. */
| { reason: "no_room", room: string }
/** `not_found`: The room was deleted. */
| { reason: "room_gone" }
/** `not_found`: There is no direct conversation with this person yet; sending begins it. */
| { reason: "no_conversation", name: string }
/** `not_found`: The names in a direct conversation's id are in the wrong order; `room` has the right one. */
| { reason: "direct_unsorted", room: string }
/** `not_found`: There is no such account. */
| { reason: "no_account", name: string }
/** `not_found`: There is no such message in the room, or it was deleted. */
| { reason: "no_message", seq: number }
/** `not_found`: There is no such upload, or it is not for the caller. */
| { reason: "no_file" }
/** `not_found`: The caller has no such token. */
| { reason: "no_token", token: number }
/** `already_exists`: The room id is taken, or looks like one that is taken. */
| { reason: "room", room: string }
/** `already_exists`: The name is taken, or looks like one that is taken. */
| { reason: "account", name: string }
/** `already_exists`: The name was that of an account that is deleted. */
| { reason: "deleted_account", name: string }
/** `already_exists`: There is already an administrator, so setup is over. */
| { reason: "administrator" }
/** `msg_id_reused`: The sender used this `msg_id` for something else. */
| { reason: "msg_id", msg_id: string }
/** `too_large`: A message's text has too many bytes. */
| { reason: "text", size: number, limit: number }
/** `too_large`: The body of an HTTP request has too many bytes. */
| { reason: "body", limit: number }
/** `too_large`: A file has too many bytes. */
| { reason: "file", limit: number }
/** `too_large`: An MQTT packet has too many bytes. */
| { reason: "packet", limit: number }
/** `quota_exceeded`: The room has as many members as a room can have. */
| { reason: "room_full", limit: number }
/** `quota_exceeded`: The caller has created as many rooms as one person can. */
| { reason: "rooms_made", limit: number }
/** `quota_exceeded`: The caller is in as many rooms as one person can be. */
| { reason: "rooms", limit: number }
/** `quota_exceeded`: The person to add is in as many rooms as one person can be. */
| { reason: "rooms_of_other", name: string, limit: number }
/** `quota_exceeded`: Others have added the person to as many rooms as they can. */
| { reason: "rooms_by_others", name: string, limit: number }
/** `quota_exceeded`: The message has as many different emoji as a message can have. */
| { reason: "emoji", limit: number }
/** `quota_exceeded`: The account has as many access tokens as an account can have. */
| { reason: "tokens", limit: number }
/** `quota_exceeded`: The account has as many persistent MQTT sessions as an account can have. */
| { reason: "sessions", limit: number }
/** `quota_exceeded`: The account has uploaded as much within 24 hours as it may; `limit` is in bytes. */
| { reason: "uploads_today", limit: number }
/** `too_many_requests`: Too many of these in a short time; `seconds` is how long to wait. */
| { reason: "rate", what: "messages" | "room_changes" | "new_rooms" | "uploads" | "passwords", seconds: number }
/** `too_many_requests`: The account has too many uploads in progress. */
| { reason: "uploads_at_once" }
/** `too_many_requests`: The address has too many requests in progress. */
| { reason: "requests_at_once" }
/** `too_many_requests`: Too many read cursors wait to be stored. */
| { reason: "cursors" }
/** `unavailable`: Too many people are signing in at the moment. */
| { reason: "sign_ins_busy" }
/** `unavailable`: Too much is being sent to the server at the moment. */
| { reason: "bodies_busy" }
/** `unavailable`: Too many uploads of others are in progress. */
| { reason: "uploads_busy" }
/** `unavailable`: The server does not know where browsers reach its external broker. */
| { reason: "broker_address" }
/** `storage_full`: All uploads together have reached the server's limit. */
| { reason: "all_uploads" };

export type Send = { 
/**
 * The text. May be absent if there are attachments.
 */
text: string, 
/**
 * The client's key for the message: 1 to 64 visible ASCII characters. A retry with the same key never creates a
 * second message. If absent, the server generates one.
 */
msg_id?: string, 
/**
 * The seq of the message to which this one replies.
 */
original_message?: number, 
/**
 * The ids that `POST /media` returned.
 */
attachments?: Array<string>, };

export type Edit = { 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The new text. May be empty if the message has attachments.
 */
text: string, 
/**
 * The client's key for this request, as for `send`.
 */
msg_id?: string, };

export type Delete = { 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The client's key for this request, as for `send`.
 */
msg_id?: string, };

export type React = { 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The emoji.
 */
emoji: string, 
/**
 * True adds the emoji, false removes it.
 */
on: boolean, 
/**
 * The client's key for this request, as for `send`.
 */
msg_id?: string, };

export type ReadCursor = { 
/**
 * The seq of the last event that was read.
 */
seq: number, };

export type Typing = { 
/**
 * True is valid for six seconds; false ends it early.
 */
typing: boolean, 
/**
 * The seq of the thread's first message, if the reply is written in a thread.
 */
thread?: number, };

