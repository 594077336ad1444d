import type { ErrorCode } from "@chinwag/protocol";
import type { Failure, FailureCode, Params } from "../failure.ts";

/**
 * The result of a publish. `taken`: the broker has it, and the server's result arrives separately. `lost`: unknown;
 * only a repetition with the same key can tell.
 */
export type Outcome =
  | { readonly is: "stored" | "taken" | "lost" }
  | { readonly is: "refused"; readonly failure: Failure };

/** The parts of a PUBACK that say why. */
export interface Answer {
  readonly reasonCode?: number;
  readonly properties?: {
    readonly reasonString?: string;
    readonly userProperties?: Readonly<Record<string, string | string[]>>;
  };
}

/** Codes of reason codes without a reason string, such as those of an external broker. */
const BY_REASON: Readonly<Record<number, ErrorCode>> = {
  128: "internal",
  131: "bad_request",
  135: "not_authorized",
  144: "topic_invalid",
  151: "too_many_requests",
  153: "payload_invalid",
};

/** Why a publish was refused. A reason string has the form `code: detail`; parameters are user properties. */
export const failureIn = ({ reasonCode = 0, properties = {} }: Answer): Failure => {
  const { reasonString, userProperties } = properties;
  const [, code, detail] = /^([a-z_]+): (.*)$/s.exec(reasonString ?? "") ?? [];
  const known = (code as FailureCode | undefined) ?? BY_REASON[reasonCode] ?? "unexpected";
  const params: Params = Object.fromEntries(
    Object.entries(userProperties ?? {}).flatMap(([name, value]) => {
      const first = typeof value === "string" ? value : value[0];
      return first === undefined ? [] : [[name, first]];
    }),
  );
  const words = detail ?? reasonString;
  return {
    code: known,
    ...(Object.keys(params).length > 0 && { params }),
    ...(words !== undefined && { detail: words }),
  };
};
