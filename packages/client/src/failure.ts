import type { ErrorCode, Problem } from "@chinwag/protocol";

/** Values for the words of a failure, by name; `reason` tells cases of one code apart. */
export type Params = Readonly<Record<string, string | number>>;

/**
 * The server's error codes, and those of this client: `unreachable`, the server did not answer; `no_connection`, there
 * is no MQTT connection right now; `unexpected`, something else answered, for example a proxy (its HTTP status is in
 * `params.status`).
 */
export type FailureCode = ErrorCode | "unreachable" | "no_connection" | "unexpected";

/** Why something did not work. The words are the view's: this package has none. */
export interface Failure {
  readonly code: FailureCode;
  readonly params?: Params;
  /** The server's own explanation, in English. */
  readonly detail?: string;
}

/** A failure that is thrown. */
export class Failed extends Error implements Failure {
  readonly code: FailureCode;
  readonly params?: Params;
  readonly detail?: string;
  constructor({ code, params, detail }: Failure) {
    super(detail ?? code);
    this.code = code;
    if (params !== undefined) this.params = params;
    if (detail !== undefined) this.detail = detail;
  }
}

/** The server, or a proxy before it, refused a request. */
export class Refused extends Failed {
  readonly status: number;
  constructor(status: number, failure: Failure) {
    super(failure);
    this.status = status;
  }
}

/** The server did not answer, or what answered was not the server; a retry may help. */
export class Unreachable extends Failed {
  constructor() {
    super({ code: "unreachable" });
  }
}

/** The plain failure of an error, as it is kept in the state. */
export const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Failed)) return { code: "unexpected", detail: String(error) };
  const { code, params, detail } = error;
  return { code, ...(params && { params }), ...(detail !== undefined && { detail }) };
};

/** Codes of what may succeed later without any change. */
const TEMPORARY: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "unreachable",
  "no_connection",
  "unavailable",
  "internal",
  "too_many_requests",
  "storage_full",
]);

/** Whether the same request may succeed later. */
export const isTemporary = ({ code, params }: Failure): boolean =>
  TEMPORARY.has(code) || (code === "unexpected" && Number(params?.status ?? 0) >= 500);

/** Codes of answers that carry only an HTTP status, such as a proxy's. */
const BY_STATUS: Readonly<Record<number, FailureCode>> = {
  401: "not_authenticated",
  403: "not_authorized",
  404: "not_found",
  413: "too_large",
  429: "too_many_requests",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
  507: "storage_full",
};

/** The error for a response that is not a success. `retryAfter` is the header of that name. */
export const refusal = (status: number, body: string, retryAfter?: string | null): Refused => {
  const { code, detail, params } = problemIn(body);
  const seconds = Number(retryAfter);
  const all = {
    ...(code === undefined && { status }),
    ...(Number.isFinite(seconds) && seconds > 0 && { seconds }),
    ...params,
  };
  return new Refused(status, {
    code: code ?? BY_STATUS[status] ?? "unexpected",
    ...(Object.keys(all).length > 0 && { params: all }),
    ...(code !== undefined && detail !== undefined && { detail }),
  });
};

const problemIn = (body: string): Partial<Problem & { params: Params }> => {
  try {
    const parsed: unknown = JSON.parse(body);
    const isProblem = typeof parsed === "object" && parsed !== null && "code" in parsed;
    return isProblem ? (parsed as Partial<Problem & { params: Params }>) : {};
  } catch {
    return {};
  }
};
