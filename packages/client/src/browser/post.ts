import type { Post, Posted } from "../ports.ts";

/** Milliseconds without any progress after which a request counts as lost. */
const STALLED = 60_000;

/** Posts with XMLHttpRequest, because fetch does not report progress. */
export const post = ({ url, headers, body, onProgress, signal }: Post): Promise<Posted> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const goesOn = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED);
    };
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      goesOn();
      onProgress(total > 0 ? loaded / total : 0);
    };
    request.onerror = () => reject(new Error("no response"));
    request.onabort = () => reject(new Error("aborted"));
    request.onloadend = () => clearTimeout(stalled);
    request.onload = () =>
      resolve({
        status: request.status,
        body: request.responseText,
        retryAfter: request.getResponseHeader("retry-after"),
      });
    signal.addEventListener("abort", () => request.abort());
    goesOn();
    request.send(body);
  });
