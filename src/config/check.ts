import { formatDuration } from "../core/duration.ts";
import type { CheckSettings } from "../core/settings.ts";
import { parseTextOrPattern } from "../core/text-or-pattern.ts";
import type { CheckItem } from "./check-schema.ts";
import type { ConfigPath } from "./config-error.ts";
import { DEFAULT_CHECK } from "./defaults.ts";
import type { ResolveContext } from "./resolve-context.ts";
import { hideUrlSecrets } from "./secrets.ts";

/** How exits are checked; null where the file names nobody to ask through them: then nothing could be found out. */
export function resolveCheck(given: CheckItem | undefined, context: ResolveContext): CheckSettings | null {
  if (given === undefined) return null;
  const { judge, target, expectStatus, expectBody, ...rest } = given;
  const judges = judge === undefined ? [] : typeof judge === "string" ? [judge] : judge;
  for (const [i, url] of judges.entries())
    assertJudge(url, typeof judge === "string" ? ["check", "judge"] : ["check", "judge", i], context);
  if (target !== undefined) assertUrl(target, ["check", "target"], context);
  assertExpectations(given, context);
  if (judges.length === 0 && target === undefined) {
    context.problems.push({
      path: ["check"],
      message:
        "needs a judge (goodgateway judge runs one) or a target to ask for through the exits: check: { target: https://example.com/ }",
    });
    return null;
  }
  const status = expectStatus === undefined ? null : String(expectStatus);
  return {
    ...DEFAULT_CHECK,
    ...rest,
    judges,
    target: target === undefined ? null : { url: target, status, body: expectBody ?? null },
  };
}

function assertUrl(text: string, path: ConfigPath, { problems }: ResolveContext): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) problems.push({ path, message: `${text} is no http:// or https:// URL` });
  else if (!/^https?:$/.test(url.protocol)) problems.push({ path, message: `${hideUrlSecrets(text)} is no http:// or https:// URL` });
  else if (url.username !== "" || url.password !== "")
    problems.push({ path, message: `${hideUrlSecrets(text)} takes no user and password` });
}

function assertJudge(text: string, path: ConfigPath, context: ResolveContext): void {
  assertUrl(text, path, context);
  const hash = URL.canParse(text) ? new URL(text).hash : "";
  if (hash !== "" && !JUDGE_KEY.test(hash))
    context.problems.push({ path, message: `${hash} is no key of a judge, as goodgateway judge prints it behind its URL: #ed25519=...` });
}

/** 32 bytes in base64url. */
const JUDGE_KEY = /^#ed25519=[\w-]{43}$/;

function assertExpectations({ target, expectStatus, expectBody }: CheckItem, { problems }: ResolveContext): void {
  for (const [key, value] of Object.entries({ expectStatus, expectBody }))
    if (value !== undefined && target === undefined)
      problems.push({ path: ["check", key], message: "says what a target must answer, and there is none: name it in check.target" });
  if (expectBody !== undefined && parseTextOrPattern(expectBody) === null)
    problems.push({ path: ["check", "expectBody"], message: `${expectBody} is no regular expression` });
}

/** A judge's URL as it stands in the file, unless it has secrets in it: a public echo service may want a key. */
function shown(url: string): string {
  return /[?@]/.test(url) ? hideUrlSecrets(url) : url;
}

/** The settings in the shape of the file. */
export function checkToFile({ judges, target, ...rest }: CheckSettings): Record<string, unknown> {
  return {
    ...(judges.length === 0 ? {} : { judge: judges.map(shown) }),
    ...(target === null ? {} : { target: hideUrlSecrets(target.url) }),
    ...(target?.status == null ? {} : { expectStatus: target.status }),
    ...(target?.body == null ? {} : { expectBody: target.body }),
    ...rest,
    every: formatDuration(rest.every),
    honestyEvery: formatDuration(rest.honestyEvery),
    timeout: formatDuration(rest.timeout),
    wait: formatDuration(rest.wait),
  };
}
