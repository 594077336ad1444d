import type { Post, Posted } from "../ports.ts";

/** Posts with XMLHttpRequest, because fetch does not report progress. */
export const post = ({ url, headers, body, onProgress, signal }: Post): Promise<Posted> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Error("no response"));
    request.onabort = () => reject(new Error("aborted"));
    signal.addEventListener("abort", () => request.abort());
    request.onload = () =>
      resolve({
        status: request.status,
        body: request.responseText,
        retryAfter: request.getResponseHeader("retry-after"),
      });
    request.send(body);
  });
