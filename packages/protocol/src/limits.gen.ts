// Generated from crates/chinwag-protocol by `make types`. Do not edit.

export const ROOM_LEVELS = 8;
export const LEVEL_CHARS = 64;
export const ROOM_BYTES = 200;
export const TEXT_BYTES = 16384;
export const MSG_ID_CHARS = 64;
export const TITLE_CHARS = 100;
export const PURPOSE_CHARS = 500;
export const ATTACHMENTS = 10;
export const PASSWORD_MIN_CHARS = 8;
export const MEDIA_BYTES = 52428800;
export const MEDIA_ADDRESSES = 100;
export const THUMBNAIL_SMALL = 480;
export const THUMBNAIL_LARGE = 1200;
export const MESSAGES_DEFAULT = 20;
export const MESSAGES_MAX = 100;
export const EVENTS_MAX = 500;
export const PAGE_MAX = 500;
export const TYPING_SECONDS = 6;
export const PRESENCE_MEMBERS = 100;
export const CURSOR_MEMBERS = 20;
export const REACTION_NAMES = 20;
export const MENTIONS = 50;
