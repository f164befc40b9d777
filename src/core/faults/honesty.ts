import { every, type FaultRows } from "./row.ts";

/** What a check found an exit to do with what it carries. No request of a client shows it: only an answer that is known beforehand does. */
export type HonestyFaultId =
  | "honesty.fake_answer"
  | "honesty.stale_answer"
  | "honesty.content_changed"
  | "honesty.request_changed"
  | "honesty.tls_intercepted"
  | "honesty.redirected"
  | "honesty.dns_lies";

const lie = {
  rfc: null,
  status: null,
  stage: "head",
  culprit: every("exit"),
  confidence: 0.95,
  inDoubt: "never",
  retry: every("never"),
} as const;

export const HONESTY_FAULTS: FaultRows<HonestyFaultId> = {
  "honesty.fake_answer": {
    ...lie,
    summary: "The exit made an answer of its own, or asked somebody else, where the judge's signed answer had to come.",
    fix: {
      client: "Ask through other exits.",
      operator: "Take this exit off the list: it answers for sites that it never asked. A captive portal or a spent plan looks so too.",
    },
  },
  "honesty.stale_answer": {
    ...lie,
    summary: "The exit gave an answer that the judge made for another request: a cached or replayed one, although no-store forbids it.",
    fix: {
      client: "Ask through other exits.",
      operator: "Take this exit off the list, or switch its cache off: it hands out what was meant for another request.",
    },
  },
  "honesty.content_changed": {
    ...lie,
    stage: "body",
    summary: "The judge's answer came back changed: its body, its status, or a field of it.",
    fix: {
      client: "Ask through other exits, and use https, which they cannot change unseen.",
      operator: "Take this exit off the list: it rewrites pages. Where it only compresses, switch that off; no-transform forbids it.",
    },
  },
  "honesty.request_changed": {
    ...lie,
    stage: "write",
    summary: "The judge got another request than was sent: another method, body or target, or a field less or changed.",
    fix: {
      client: "Ask through other exits, and use https, which they cannot change unseen.",
      operator: "Take this exit off the list, or switch off what rewrites requests there: the details name it.",
    },
  },
  "honesty.tls_intercepted": {
    ...lie,
    stage: "tls",
    summary: "Another certificate than the judge's came through the exit's tunnel: somebody in between reads what is encrypted.",
    fix: {
      client: "Send no secret through this exit.",
      operator: "Take this exit off the list, unless the interception is your own: whoever runs it reads what is encrypted.",
    },
  },
  "honesty.redirected": {
    ...lie,
    summary: "The exit answered with a redirect that the judge did not make.",
    fix: {
      client: "Ask through other exits.",
      operator: "Open where it leads: it may be a login page of the exit's network. Else take the exit off the list.",
    },
  },
  "honesty.dns_lies": {
    ...lie,
    stage: "dns",
    summary: "A name that cannot exist works through the exit, or the judge's name leads elsewhere there than its address does.",
    fix: {
      client: "Ask through other exits.",
      operator: "Resolve names here (socks5 instead of socks5h), or take this exit off the list: its resolver invents addresses.",
    },
  },
};
