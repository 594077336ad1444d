/** One emoji: a flag, a keycap, or a picture with its variations, joined with others. */
const PICTURE = String.raw`(?:\p{Emoji_Presentation}|\p{Emoji}\u{FE0F}|\p{Emoji_Modifier_Base}(?=\p{Emoji_Modifier}))\p{Emoji_Modifier}?\u{FE0F}?`;
const JOINED = String.raw`(?:\u{200D}\p{Emoji}\p{Emoji_Modifier}?\u{FE0F}?)*`;
const TAGS = String.raw`(?:[\u{E0020}-\u{E007E}]+\u{E007F})?`;
const EMOJI = String.raw`(?:\p{Regional_Indicator}{2}|[0-9#*]\u{FE0F}?\u{20E3}|(?!\p{Regional_Indicator})${PICTURE}${TAGS}${JOINED})`;

const FEW = new RegExp(String.raw`^\s*(?:${EMOJI}\s*){1,3}$`, "u");

/** Longer than any three emoji. */
const LONGEST = 120;

/** Whether a text is one to three emoji and nothing else, which are drawn large. */
export const isOnlyEmoji = (text: string): boolean => text.length <= LONGEST && FEW.test(text);
