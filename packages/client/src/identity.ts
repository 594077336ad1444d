import type { Account } from "@chinwag/protocol";
import { Refused } from "./failure.ts";
import type { SignedOut } from "./notice.ts";

interface Options {
  /** Whose chat it is. */
  readonly me: Account;
  /** Whether `me` is from an earlier visit, so that the server has to be asked. */
  readonly unconfirmed: boolean;
  /** Without a token, the browser's cookie counts. */
  readonly token: string | undefined;
  readonly renewToken: (() => Promise<string>) | undefined;
  /** Asks the server who is signed in. */
  account(): Promise<Account>;
  isEnded(): boolean;
  confirmed(me: Account): void;
  /** Goes on with another token. */
  renewed(): void;
  end(why: SignedOut): void;
}

/** Who is signed in, by a token or the cookie, and whether the server agrees. */
export class Identity {
  readonly #options: Options;
  #token: string | undefined;
  #isUnconfirmed: boolean;
  #isRenewing = false;

  constructor(options: Options) {
    this.#options = options;
    this.#token = options.token;
    this.#isUnconfirmed = options.unconfirmed;
  }

  token = (): string | undefined => this.#token;

  /** Asks who is signed in, if that is not certain. */
  async confirm(): Promise<void> {
    if (!this.#isUnconfirmed) return;
    const me = await this.#options.account();
    if (!this.#isUnconfirmed || this.#options.isEnded()) return;
    this.#isUnconfirmed = false;
    if (me.name === this.#options.me.name) this.#options.confirmed(me);
    else this.#options.end("other_account");
  }

  /** Handles an error of a request: it may say that I am not signed in any more. */
  trouble = (error: unknown): void => {
    if (!(error instanceof Refused) || error.status !== 401) return;
    const { renewToken, end } = this.#options;
    if (renewToken) void this.#renew(renewToken);
    else end("expired");
  };

  /** Goes on with another token. If none can be had now, the next refusal asks again. */
  async #renew(renewToken: () => Promise<string>): Promise<void> {
    const { me, account, isEnded, renewed, end } = this.#options;
    if (this.#isRenewing || isEnded()) return;
    this.#isRenewing = true;
    try {
      this.#token = await renewToken();
      // The refusal may have been that of an older token, so only an answer tells.
      const { name } = await account();
      if (isEnded()) return;
      if (name === me.name) renewed();
      else end("other_account");
    } catch (error) {
      if (error instanceof Refused && error.status === 401) end("expired");
    } finally {
      this.#isRenewing = false;
    }
  }
}
