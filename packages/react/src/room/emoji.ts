/** Whether the text is one to three emoji and nothing else, which are shown large. */
export const isOnlyEmoji = (text: string): boolean =>
  /^(\p{Extended_Pictographic}(\u{fe0f}|\u{200d}\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,3}$/u.test(
    text,
  );
