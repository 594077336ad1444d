import type { Attachment } from "@chinwag/protocol";
import { refusal, Unreachable } from "../failure.ts";
import type { Ports, Posted } from "../ports.ts";
import { addressOf } from "./address.ts";
import { credentials, parsed } from "./http.ts";

export interface Upload {
  readonly name: string;
  readonly bytes: Blob;
  onProgress(share: number): void;
  /** Aborts the upload; the promise is then rejected. */
  readonly signal: AbortSignal;
}

/** Uploads and their addresses. */
export interface Media {
  /** The address of an attachment. */
  url(id: string): string;
  upload(upload: Upload): Promise<Attachment>;
}

interface Options {
  readonly url: string;
  readonly token: string | undefined;
  readonly post: Ports["post"];
}

export const createMedia = ({ url, token, post }: Options): Media => ({
  url: (id) => addressOf(url, `/media/${encodeURIComponent(id)}`),
  upload: async ({ name, bytes, onProgress, signal }) => {
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
  },
});
