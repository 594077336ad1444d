import type { Attachment } from "@chinwag/protocol";
import { urlOf } from "./address.ts";
import { refusal, Unreachable } from "./http.ts";

/** The URL of an attachment. */
export const mediaUrl = (id: string): string => urlOf(`/media/${encodeURIComponent(id)}`);

/** Object URLs of pictures sent from this page, shown without downloading them again. */
const sent = new Map<string, string>();
const SENT_KEPT = 30;

/** The URL of a picture. */
export const pictureUrl = (id: string): string => sent.get(id) ?? mediaUrl(id);

const keep = (id: string, picture: Blob): void => {
  sent.set(id, URL.createObjectURL(picture));
  const [oldest] = sent;
  if (!oldest || sent.size <= SENT_KEPT) return;
  sent.delete(oldest[0]);
  URL.revokeObjectURL(oldest[1]);
};

interface Upload {
  readonly name: string;
  readonly bytes: Blob;
  onProgress(share: number): void;
  /** Aborts the upload; the promise is then rejected. */
  readonly signal: AbortSignal;
}

/** Uploads a file. Uses XMLHttpRequest, because fetch does not report upload progress. */
export const upload = ({ name, bytes, onProgress, signal }: Upload): Promise<Attachment> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", urlOf(`/media?${new URLSearchParams({ name })}`));
    request.setRequestHeader("content-type", bytes.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Unreachable());
    request.onabort = () => reject(new Unreachable());
    signal.addEventListener("abort", () => request.abort());
    request.onload = () => {
      if (request.status >= 300) return reject(refusal(request.status, request.responseText));
      const attachment = JSON.parse(request.responseText) as Attachment;
      if (attachment.width) keep(attachment.id, bytes);
      resolve(attachment);
    };
    request.send(bytes);
  });
