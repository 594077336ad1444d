import { keptAs } from "@chinwag/client/browser";
import type { Account } from "@chinwag/protocol";

/** Who is signed in, as far as this page knows: the chat begins before the server confirms it. The cookie is the proof. */
const KEY = keptAs("chinwag:me");

export const loadLastAccount = (): Account | undefined => {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Account> | null;
    if (typeof found?.name !== "string") return undefined;
    return { name: found.name, admin: found.admin === true };
  } catch {
    return undefined;
  }
};

export const saveLastAccount = ({ name, admin }: Account): void =>
  localStorage.setItem(KEY, JSON.stringify({ name, admin }));

export const forgetLastAccount = (): void => localStorage.removeItem(KEY);
