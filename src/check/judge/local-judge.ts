import type { KeyObject } from "node:crypto";
import { type Judge, startJudge } from "./judge.ts";
import type { JudgeAddress } from "./judged.ts";
import { machineAddresses } from "./machine-addresses.ts";

/**
 * A judge on loopback, for proxies of this machine: on 127.0.0.1, and where there is IPv6 on ::1, at the same port.
 *
 * @param key as in JudgeOptions
 */
export async function startLocalJudge(key: KeyObject | null = null): Promise<{ readonly judge: Judge; readonly address: JudgeAddress }> {
  const judge = await startJudge({ listen: [{ host: "127.0.0.1", port: 0 }], key, identity: null, openFilesMax: null });
  const port = judge.addresses[0]?.port ?? 0;
  const hasIpv6 = await judge.listen({ host: "::1", port }).then(
    () => true,
    () => false, // no IPv6, or somebody else has the port there
  );
  const address: JudgeAddress = {
    url: new URL(`http://127.0.0.1:${port}/`),
    key: judge.key,
    certificate: judge.certificate,
    isSigned: true,
    ownAddresses: ["127.0.0.1", "::1", ...machineAddresses()],
    isLoopback: true,
    ipv6: hasIpv6 ? "::1" : null,
    echo: null,
  };
  return { judge, address };
}
