/** The person at the browser. */
export const VIEWER = "ana";
/** Those who talk. */
export const SPEAKERS = ["bo", "cleo", "dan", "eva", "finn"] as const;

/** The rooms besides `general`, in the order in which they were spoken in: the last ones are on top of the list. */
export const roomName = (number: number): string => `team/room-${digits(number)}`;
export const roomTitle = (number: number): string => `Room number ${digits(number)}`;
/** Three digits, so that no name is the beginning of another. */
const digits = (number: number): string => `${number}`.padStart(3, "0");
/** The text of a room's newest message. */
export const lastWord = (number: number): string => `That was all in number ${number}.`;

/** The long room. Its newest message, {@link REPLY}, replies to one that is so many messages back. */
export const ARCHIVE = "archive";
export const ARCHIVE_EVENTS = 100_000;
export const BACK = 10_000;
export const REPLY = "Coming back to this once more";
