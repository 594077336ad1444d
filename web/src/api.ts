import { type Api, createApi } from "@chinwag/client";
import { pageServer } from "@chinwag/client/browser";

/** The HTTP API of the server that this page came from. */
export const api: Api = createApi({ url: pageServer() });
