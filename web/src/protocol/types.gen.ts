// Generated from crates/chinwag-protocol by `make types`. Do not edit.

export type Quote = { 
/**
 * Its place in the room's log.
 */
seq: number, 
/**
 * Who said it.
 */
sender: string, 
/**
 * What was said, shortened to 280 bytes; empty where that message is deleted since.
 */
text: string, };

export type Attachment = { 
/**
 * What `POST /media` answered.
 */
id: string, 
/**
 * The file's name as its sender had it.
 */
name: string, 
/**
 * Media type, as found from the bytes.
 */
type: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * Pixels, for a picture that can be shown.
 */
width?: number, 
/**
 * Pixels, for a picture that can be shown.
 */
height?: number, };

export type Deleted = { 
/**
 * The seq of the `delete` event.
 */
seq: number, 
/**
 * Who.
 */
by: string, };

export type EventBody = { "type": "message", 
/**
 * The sender's own key for it.
 */
msg_id: string, 
/**
 * What was said. May be empty where there are attachments.
 */
text: string, 
/**
 * The message this one answers.
 */
original_message?: Quote, 
/**
 * Files and pictures.
 */
attachments?: Array<Attachment>, 
/**
 * The message is deleted: its content is erased.
 */
deleted?: Deleted, } | { "type": "edit", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * What it says from now on; empty where the message is deleted since.
 */
text: string, 
/**
 * The sender's own key for it.
 */
msg_id?: string, } | { "type": "delete", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The sender's own key for it.
 */
msg_id?: string, } | { "type": "react", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * One emoji.
 */
emoji: string, 
/**
 * False: taken away.
 */
on: boolean, 
/**
 * The sender's own key for it.
 */
msg_id?: string, } | { "type": "join", 
/**
 * Who joined.
 */
name: string, } | { "type": "leave", 
/**
 * Who left.
 */
name: string, } | { "type": "room", 
/**
 * The title to show.
 */
title: string, 
/**
 * What it is for.
 */
purpose: string, 
/**
 * Only members see it.
 */
private: boolean, };

export type Event = { 
/**
 * 1, 2, 3 … without holes in each room, over events of every type.
 */
seq: number, 
/**
 * The room.
 */
topic: string, 
/**
 * Who did it: the authenticated account.
 */
sender: string, 
/**
 * The server's clock, RFC 3339 with milliseconds, UTC.
 */
sent_at: string, } & ({ "type": "message", 
/**
 * The sender's own key for it.
 */
msg_id: string, 
/**
 * What was said. May be empty where there are attachments.
 */
text: string, 
/**
 * The message this one answers.
 */
original_message?: Quote, 
/**
 * Files and pictures.
 */
attachments?: Array<Attachment>, 
/**
 * The message is deleted: its content is erased.
 */
deleted?: Deleted, } | { "type": "edit", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * What it says from now on; empty where the message is deleted since.
 */
text: string, 
/**
 * The sender's own key for it.
 */
msg_id?: string, } | { "type": "delete", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * The sender's own key for it.
 */
msg_id?: string, } | { "type": "react", 
/**
 * The seq of the message.
 */
target: number, 
/**
 * One emoji.
 */
emoji: string, 
/**
 * False: taken away.
 */
on: boolean, 
/**
 * The sender's own key for it.
 */
msg_id?: string, } | { "type": "join", 
/**
 * Who joined.
 */
name: string, } | { "type": "leave", 
/**
 * Who left.
 */
name: string, } | { "type": "room", 
/**
 * The title to show.
 */
title: string, 
/**
 * What it is for.
 */
purpose: string, 
/**
 * Only members see it.
 */
private: boolean, });

export type InboxNote = { "type": "sent", 
/**
 * The room.
 */
topic: string, 
/**
 * The sender's key.
 */
msg_id: string, 
/**
 * Where it stands; left out where there was nothing to change.
 */
seq?: number, } | { "type": "refused", 
/**
 * The topic it was published on.
 */
topic: string, 
/**
 * The sender's key, where the payload named one.
 */
msg_id?: string, 
/**
 * The machine's word for it.
 */
code: ErrorCode, 
/**
 * The human's.
 */
detail: string, 
/**
 * How many refusals with this code before this one were not told: there were too many in a minute.
 */
suppressed?: number, } | { "type": "invited", 
/**
 * The room.
 */
topic: string, 
/**
 * Who did it.
 */
by: string, } | { "type": "removed", 
/**
 * The room.
 */
topic: string, 
/**
 * Who did it.
 */
by: string, } | { "type": "mention", 
/**
 * The room.
 */
topic: string, 
/**
 * The message.
 */
seq: number, 
/**
 * Who did.
 */
sender: string, } | { "type": "unread", 
/**
 * The rooms where it is.
 */
rooms: Record<string, RoomUnread>, } | { "type": "heads", 
/**
 * `{room: last_seq}`.
 */
rooms: Record<string, number>, };

export type RoomUnread = { 
/**
 * My read cursor.
 */
read_seq: number, 
/**
 * Messages of others after it, counted up to 100.
 */
unread: number, };

export type PresenceState = "online" | "away" | "offline";

export type Presence = { 
/**
 * How reachable they are.
 */
state: PresenceState, 
/**
 * When they were last there, RFC 3339; now, while online.
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
 * The same every time.
 */
title: string, 
/**
 * The HTTP status, again.
 */
status: number, 
/**
 * About this time: what to do next.
 */
detail: string, 
/**
 * The machine's word.
 */
code: ErrorCode, };

export type SignIn = { 
/**
 * The account's name.
 */
username: string, 
/**
 * Its password.
 */
password: string, };

export type Setup = { 
/**
 * From the one-time link that the server printed.
 */
token: string, 
/**
 * The name to have.
 */
username: string, 
/**
 * The password to have.
 */
password: string, };

export type SetupState = { 
/**
 * True until there is an administrator who can sign in.
 */
needed: boolean, 
/**
 * True once there is any account: people may sign in without an administrator.
 */
accounts: boolean, };

export type Session = { 
/**
 * For `Authorization: Bearer`, and for the password field of an MQTT CONNECT. Shown only once.
 */
token: string, 
/**
 * Who.
 */
account: Account, };

export type Account = { 
/**
 * Its name.
 */
name: string, 
/**
 * May make accounts and manage every room.
 */
admin: boolean, };

export type NewAccount = { 
/**
 * The name to have.
 */
username: string, 
/**
 * The first password.
 */
password: string, 
/**
 * May make accounts and manage every room.
 */
admin?: boolean, };

export type ChangePassword = { 
/**
 * The password so far.
 */
current: string, 
/**
 * The password from now on.
 */
new: string, };

export type NewToken = { 
/**
 * What it is for, to recognise it by.
 */
label: string, };

export type CreatedToken = { 
/**
 * To revoke it by.
 */
id: number, 
/**
 * The token.
 */
token: string, };

export type TokenInfo = { 
/**
 * To revoke it by.
 */
id: number, 
/**
 * What it is for.
 */
label: string, 
/**
 * RFC 3339.
 */
created_at: string, 
/**
 * RFC 3339; to the hour.
 */
last_used_at?: string, 
/**
 * It is the one this request used.
 */
current: boolean, };

export type Tokens = { 
/**
 * Newest first.
 */
tokens: Array<TokenInfo>, };

export type Person = { 
/**
 * Their name.
 */
name: string, 
/**
 * How reachable they are.
 */
state: PresenceState, 
/**
 * RFC 3339; absent for somebody who was never there.
 */
last_seen?: string, 
/**
 * I am told by MQTT when this changes: we share a direct conversation or a small room. Where it is false, ask
 * again.
 */
live: boolean, };

export type People = { 
/**
 * By name.
 */
people: Array<Person>, 
/**
 * For the next page; absent on the last one.
 */
cursor?: string, };

export type NewRoom = { 
/**
 * Its id, which is its topic.
 */
topic: string, 
/**
 * The title to show; the topic where there is none.
 */
title?: string, 
/**
 * What it is for.
 */
purpose?: string, 
/**
 * Only those who are added may see it.
 */
private?: boolean, };

export type ChangeRoom = { 
/**
 * The title to show.
 */
title?: string, 
/**
 * What it is for.
 */
purpose?: string, 
/**
 * Only those who are added may see it.
 */
private?: boolean, };

export type Room = { 
/**
 * Its id, which is its topic.
 */
topic: string, 
/**
 * The title to show; for a direct conversation the other one's name.
 */
title: string, 
/**
 * What it is for.
 */
purpose: string, 
/**
 * Only those who are added may see it.
 */
private: boolean, 
/**
 * A direct conversation.
 */
direct: boolean, 
/**
 * I am a member.
 */
member: boolean, 
/**
 * I may change it and remove people.
 */
owner: boolean, 
/**
 * How many are in it.
 */
members: number, 
/**
 * Changes when the log was rewound: numbers from before mean nothing then.
 */
epoch: string, 
/**
 * The seq of its last event; 0 when nothing has happened.
 */
last_seq: number, 
/**
 * My read cursor.
 */
read_seq: number, 
/**
 * Messages of others after my read cursor, counted up to 100.
 */
unread: number, 
/**
 * The last message, for a preview.
 */
last_message?: Event, };

export type Rooms = { 
/**
 * My rooms: the one where something happened last comes first. Joinable ones by topic.
 */
rooms: Array<Room>, 
/**
 * For the next page; absent on the last one, and from my rooms, which come in one answer.
 */
cursor?: string, };

export type Direct = { 
/**
 * With whom.
 */
name: string, };

export type AddMember = { 
/**
 * Whom to add; me, where it is left out.
 */
name?: string, };

export type Member = { 
/**
 * Who.
 */
name: string, 
/**
 * May change the room and remove people.
 */
owner: boolean, 
/**
 * Their read cursor.
 */
read_seq: number, };

export type Members = { 
/**
 * By name.
 */
members: Array<Member>, 
/**
 * For the next page; absent on the last one.
 */
cursor?: string, };

export type NewMessage = { 
/**
 * The room.
 */
topic: string, 
/**
 * What to say. May be left out where there are attachments.
 */
text: string, 
/**
 * My own key for it: 1 to 64 visible ASCII characters. A retry with the same key never makes a second
 * message. The server makes one if there is none.
 */
msg_id?: string, 
/**
 * The seq of the message this one answers.
 */
original_message?: number, 
/**
 * Ids that `POST /media` answered.
 */
attachments?: Array<string>, };

export type Edited = { 
/**
 * The seq of the `edit` event.
 */
seq: number, 
/**
 * When, RFC 3339.
 */
at: string, };

export type Reaction = { 
/**
 * The emoji.
 */
emoji: string, 
/**
 * How many people have put it there.
 */
count: number, 
/**
 * The first of them.
 */
names: string[], 
/**
 * I am among them.
 */
mine: boolean, };

export type MessageType = "message";

export type Message = { 
/**
 * Its place in the room's log.
 */
seq: number, 
/**
 * The room.
 */
topic: string, 
/**
 * Who sent it.
 */
sender: string, 
/**
 * When, RFC 3339.
 */
sent_at: string, 
/**
 * Always `message`.
 */
type: MessageType, 
/**
 * The sender's own key for it.
 */
msg_id: string, 
/**
 * What it says now.
 */
text: string, 
/**
 * The message that it answers.
 */
original_message?: Quote, 
/**
 * Files and pictures.
 */
attachments?: Array<Attachment>, 
/**
 * It is deleted: its content is erased.
 */
deleted?: Deleted, 
/**
 * The seq of the last event that changed it; its own where none did. Of two versions, the one with the larger is
 * the newer.
 */
changed_seq: number, 
/**
 * Its last edit.
 */
edited?: Edited, 
/**
 * Reactions, in the order of the first of each kind.
 */
reactions?: Array<Reaction>, };

export type Messages = { 
/**
 * The room.
 */
topic: string, 
/**
 * Changes when the log was rewound.
 */
epoch: string, 
/**
 * The seq of the room's last event, whatever its type.
 */
last_seq: number, 
/**
 * Oldest first.
 */
messages: Array<Message>, };

export type Events = { 
/**
 * The room.
 */
topic: string, 
/**
 * Changes when the log was rewound.
 */
epoch: string, 
/**
 * The seq of the room's last event.
 */
last_seq: number, 
/**
 * In order, from the one after `after`. More may follow while the last one's seq is below `last_seq`.
 */
events: Event[], 
/**
 * Too far behind: fetch `/messages` afresh.
 */
reset?: boolean, };

export type BrokerInfo = { 
/**
 * The WebSocket URL. Left out: this server's own `/mqtt`.
 */
url?: string, 
/**
 * Where devices and scripts connect, as URLs: `mqtts://HOST:PORT`, `mqtt://`, `wss://HOST:PORT/mqtt`, `ws://`.
 * Those that whoever asks can reach, the best first.
 */
addresses?: Array<string>, 
/**
 * For CONNECT.
 */
username: string, 
/**
 * For CONNECT. Left out: the cookie that this request came with is proof enough.
 */
password?: string, 
/**
 * A wildcard is granted and carries what I may read: `#` is all my rooms. If not, each room and each
 * person is subscribed to by name.
 */
wildcards: boolean, 
/**
 * PUBACK means stored. If not, a send is stored when its `msg_id` has come back, in an inbox note or in
 * the room.
 */
stored_on_ack: boolean, };

export type Send = { 
/**
 * What to say. May be left out where there are attachments.
 */
text: string, 
/**
 * My own key for it: 1 to 64 visible ASCII characters. A retry with the same key never makes a second
 * message. The server makes one if there is none.
 */
msg_id?: string, 
/**
 * The seq of the message this one answers.
 */
original_message?: number, 
/**
 * Ids that `POST /media` answered.
 */
attachments?: Array<string>, };

export type Edit = { 
/**
 * The seq of the message.
 */
target: number, 
/**
 * What it is to say. May be empty where the message has attachments.
 */
text: string, 
/**
 * My own key for it, as for `send`.
 */
msg_id?: string, };

export type Delete = { 
/**
 * The seq of the message.
 */
target: number, 
/**
 * My own key for it, as for `send`.
 */
msg_id?: string, };

export type React = { 
/**
 * The seq of the message.
 */
target: number, 
/**
 * One emoji.
 */
emoji: string, 
/**
 * False takes it away.
 */
on: boolean, 
/**
 * My own key for it, as for `send`.
 */
msg_id?: string, };

export type ReadCursor = { 
/**
 * The seq of the last event that one has read.
 */
seq: number, };

export type Typing = { 
/**
 * False takes it back early; true stands for six seconds.
 */
typing: boolean, 
/**
 * The first message of the thread they write in, where it is one.
 */
thread?: number, };

