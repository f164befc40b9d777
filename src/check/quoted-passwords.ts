import type { Exit } from "../core/route.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import type { CheckedFault, CheckResult, Finding } from "./check-result.ts";

/** One of its proxies is given a password, which may come back in whatever that sends. */
export function hasPassword({ hops }: Exit): boolean {
  return hops.some(({ password }) => password !== null && password !== "");
}

/** A result without the passwords of its proxies, which one of them may have quoted in a field, a page, a redirect or a refusal. */
export function withoutPasswords(result: CheckResult, exit: Exit): CheckResult {
  const secrets = secretsOf(exit);
  const hide = (text: string) => secrets.reduce(hideOne, text);
  const { anonymity, honesty, target, can } = result;
  const hideFault = (fault: CheckedFault | null) => fault && { ...fault, details: hide(fault.details) };
  const hideFinding = (finding: Finding): Finding => ({ ...finding, details: hide(finding.details) });
  return {
    ...result,
    fault: hideFault(result.fault),
    tried: result.tried.map((one) => ({ ...one, fault: hideFault(one.fault) })),
    can: {
      http: hideFinding(can.http),
      https: hideFinding(can.https),
      connect: hideFinding(can.connect),
      connectOther: hideFinding(can.connectOther),
      ipv6: hideFinding(can.ipv6),
      remoteDns: hideFinding(can.remoteDns),
      keepAlive: hideFinding(can.keepAlive),
    },
    anonymity: { ...anonymity, evidence: anonymity.evidence.map(hide) },
    honesty: {
      ...honesty,
      lies: honesty.lies.map((lie) => ({ ...lie, details: hide(lie.details) })),
      evidence: honesty.evidence.map(hide),
    },
    target: target && { ...target, details: hide(target.details) },
    unverified: result.unverified.map(hide),
  };
}

/** In the forms in which it goes over the wire, and those in which a page may show it; the longest first. */
function secretsOf({ hops }: Exit): string[] {
  const forms = hops.flatMap(({ username, password }) => {
    if (password === null || password === "") return [];
    const inBase64 = username === null ? [] : [basicAuthorization({ username, password }).slice("Basic ".length)];
    return [
      password,
      encodeURIComponent(password),
      Buffer.from(password).toString("base64"),
      Buffer.from(password).toString("hex"),
      ...inBase64,
    ];
  });
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

const HIDDEN = "***";
/** Shorter ones are hidden as words of their own alone: every text holds an `a`. */
const TELLING_CHARS = 4;
/** Of what an excerpt has cut. */
const CUT = "'...";

function hideOne(text: string, secret: string): string {
  if (secret.length < TELLING_CHARS)
    return text
      .split(/([\w-]+)/)
      .map((word) => (word === secret ? HIDDEN : word))
      .join("");
  const whole = text.replaceAll(secret, HIDDEN);
  for (let chars = secret.length - 1; chars >= TELLING_CHARS; chars--) {
    const cut = `${secret.slice(0, chars)}${CUT}`;
    if (whole.includes(cut)) return whole.replaceAll(cut, `${HIDDEN}${CUT}`);
  }
  return whole;
}
