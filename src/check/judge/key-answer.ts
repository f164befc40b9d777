import type { KeyObject } from "node:crypto";
import type { JudgeResponse } from "./judged.ts";
import { parseJudgeKey } from "./signature.ts";

/** What a judge says of itself, unsigned. */
interface Introduction {
  readonly key: KeyObject;
  readonly certificate: string | null;
  readonly ipv6: string | null;
}

/** Null where the answer is not a judge's. */
export function readJudgeKeyAnswer({ status, body }: JudgeResponse, port: number): Introduction | null {
  try {
    const value = JSON.parse(body.toString("latin1")) as Record<string, unknown> | null;
    const key = status === 200 && value?.["judge"] === 1 ? parseJudgeKey(String(value["key"])) : null;
    if (key === null || value === null) return null;
    const { certificate, addresses } = value;
    return {
      key,
      certificate: typeof certificate === "string" && /^[0-9a-f]{64}$/.test(certificate) ? certificate : null,
      ipv6: Array.isArray(addresses) ? ipv6Of(addresses, port) : null,
    };
  } catch {
    return null;
  }
}

/** The one at the port by which the judge is known. */
function ipv6Of(addresses: readonly unknown[], port: number): string | null {
  for (const address of addresses) {
    const [, host = "", at] = /^\[([0-9a-f:.]{2,45})\]:(\d{1,5})$/.exec(String(address)) ?? [];
    if (Number(at) === port) return host;
  }
  return null;
}
