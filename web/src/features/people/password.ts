/** Letters and digits that are not taken for each other when they are read out or copied from paper. */
const SIGNS = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 4;
const GROUP = 4;

/** Values from here on would make the first signs more frequent than the others. */
const FAIR = 256 - (256 % SIGNS.length);

const sign = (): string => {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
  return byte < FAIR ? (SIGNS[byte % SIGNS.length] ?? sign()) : sign();
};

/** A random password that can be dictated: `k7mq-x2hd-9fta-pw4c`, about 79 bits. */
export const randomPassword = (): string =>
  Array.from({ length: GROUPS }, () => Array.from({ length: GROUP }, sign).join("")).join("-");
