import type { Attachment, MediaAddresses } from "@chinwag/protocol";
import { refusal, Unreachable } from "../failure.ts";
import type { Ports, Posted } from "../ports.ts";
import type { View } from "../views/view.ts";
import { addressOf } from "./address.ts";
import { credentials, currentOf, parsed, type Token } from "./http.ts";
import { SignedAddresses } from "./signed-addresses.ts";

export interface Upload {
  readonly name: string;
  readonly bytes: Blob;
  onProgress(share: number): void;
  /** Aborts the upload; the promise is then rejected. */
  readonly signal: AbortSignal;
}

/** Uploads and their addresses. */
export interface Media {
  /** The address of an attachment, for a request with the token or the cookie. */
  url(id: string): string;
  /**
   * The address for an element that sends only a cookie, such as a picture: with a token it is signed, so it is undefined
   * at first, and changes about once an hour.
   */
  shown(id: string): View<string | undefined>;
  upload(upload: Upload): Promise<Attachment>;
  /** Asks for new addresses, as after another token. */
  renew(): void;
  stop(): void;
}

interface Options {
  readonly url: string;
  readonly token: Token;
  readonly post: Ports["post"];
  readonly now: () => number;
  sign(ids: readonly string[]): Promise<MediaAddresses>;
}

export const createMedia = ({ url, token, post, now, sign }: Options): Media => {
  const plain = (id: string) => addressOf(url, `/media/${encodeURIComponent(id)}`);
  const signed = new SignedAddresses({
    now,
    plain,
    sign: async (ids) => {
      const { addresses } = await sign(ids);
      return new Map(Object.entries(addresses).map(([id, path]) => [id, addressOf(url, path)]));
    },
  });
  return {
    url: plain,
    shown: (id) =>
      currentOf(token) === undefined
        ? { getSnapshot: () => plain(id), subscribe: () => () => {} }
        : signed.view(id),
    renew: () => signed.renew(),
    stop: () => signed.stop(),
    upload: (upload) => uploadTo(url, token, post, upload),
  };
};

const uploadTo = async (
  url: string,
  token: Token,
  post: Ports["post"],
  { name, bytes, onProgress, signal }: Upload,
): Promise<Attachment> => {
  const type = { "content-type": bytes.type || "application/octet-stream" };
  let posted: Posted;
  try {
    posted = await post({
      url: addressOf(url, `/media?${new URLSearchParams({ name })}`),
      headers: { ...type, ...credentials(token) },
      body: bytes,
      onProgress,
      signal,
    });
  } catch {
    throw new Unreachable();
  }
  if (posted.status < 200 || posted.status >= 300)
    throw refusal(posted.status, posted.body, posted.retryAfter);
  return parsed<Attachment>(posted.body);
};
