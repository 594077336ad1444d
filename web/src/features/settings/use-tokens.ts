import type { TokenInfo } from "@chinwag/protocol";
import { useRequest } from "@chinwag/react/ui";
import { useEffect, useState } from "react";
import { api } from "../../api.ts";

/** My sign-ins, or my access tokens. Undefined until they are loaded. */
export const useTokens = (wanted: (token: TokenInfo) => boolean) => {
  const [tokens, setTokens] = useState<readonly TokenInfo[]>();
  const { busy, problem, run } = useRequest();

  const load = async () => setTokens((await api.tokens()).tokens.filter(wanted));

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens
  useEffect(() => {
    void run(load);
  }, []);

  /** Revokes these. Throws the server's refusal, for the dialog that asked. */
  const revoke = async (revoked: readonly TokenInfo[]) => {
    for (const { id } of revoked) await api.revokeToken(id);
    await load();
  };
  return { tokens, busy, problem, run, load, revoke };
};
