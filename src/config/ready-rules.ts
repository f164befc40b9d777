import type { Rule, RuleAction, RuleWhen } from "../core/rule.ts";

const ANY: RuleWhen = { status: [], header: {}, body: [], slowerThan: null, fault: null, host: [] };

const BLOCKED: readonly RuleAction[] = ["blocked", "retry"];
const RATE_LIMITED: readonly RuleAction[] = ["rate-limited", "retry"];

/**
 * The rules that every gateway has, the surest first. Each wants a status that a site does not send for its pages, and a mark that only
 * a product for keeping robots out leaves: a plain 403 is a site's own decision, and names of products stand on good pages too (a login
 * form loads its captcha from the same place as a challenge).
 */
export const READY_RULES: readonly Rule[] = [
  // Cloudflare's documented way to tell a challenge from a page; older ones, and its blocks, only show in the page.
  blocked("cloudflare-challenge", { status: [403, 429, 503], header: { "cf-mitigated": "challenge" } }),
  blocked("cloudflare-page", {
    status: [403, 429, 503],
    header: { server: "cloudflare*" },
    body: ["<title>just a moment...", "_cf_chl_opt", "<title>attention required! | cloudflare", "cf-browser-verification"],
  }),
  // 1005 to 1012, 1020 and 1106: banned by network, country, address, client or rule.
  blocked("cloudflare-blocked", {
    status: [403],
    header: { server: "cloudflare*" },
    body: [
      ...["1005", "1006", "1007", "1008", "1009", "1010", "1012", "1020", "1106"].map((code) => `error code: ${code}`),
      "sorry, you have been blocked",
      "<title>access denied | * used cloudflare",
    ],
  }),
  blocked("akamai-denied", {
    status: [403],
    header: { server: "AkamaiGHost*" },
    body: ["<title>access denied</title>*reference&#32;&#35;", "<title>access denied</title>*reference #", "errors.edgesuite.net"],
  }),
  // The name in Server is often taken off; the page stays.
  blocked("akamai-page", {
    status: [403],
    body: ["<title>access denied</title>*errors.edgesuite.net", "<title>access denied</title>*reference&#32;&#35;18&#46;"],
  }),
  blocked("akamai-challenge", { status: [403, 428, 429], body: ["sec-if-cpt-container", "sec-cpt-if"] }),
  blocked("datadome", { status: [403, 405, 429], header: { "x-datadome": "*" }, body: ["captcha-delivery.com"] }),
  blocked("datadome-page", { status: [403], body: ["geo.captcha-delivery.com", "ct.captcha-delivery.com"] }),
  // HUMAN, formerly PerimeterX: its page, and what it answers to requests for JSON.
  blocked("perimeterx", {
    status: [403, 429],
    body: ["window._pxappid", "px-captcha", "captcha.px-cdn.net", "captcha.px-cloud.net", '"appid":"px*"blockscript"'],
  }),
  blocked("imperva", {
    status: [403, 429, 503],
    body: ["incapsula incident id", "/_incapsula_resource?*incident_id", 'src="/_incapsula_resource'],
  }),
  // 202: a challenge for scripts; 405: a captcha.
  blocked("aws-waf", { status: [202, 403, 405], header: { "x-amzn-waf-action": "*" } }),
  blocked("vercel", { status: [403, 429], header: { "x-vercel-mitigated": "*" } }),
  blocked("kasada", { status: [403, 429], header: { "x-kpsdk-ct": "*" } }),
  blocked("sucuri", { status: [403], body: ["<title>sucuri website firewall - access denied", "access denied - sucuri website firewall"] }),
  blocked("f5", {
    status: [403, 503],
    body: ["the requested url was rejected. please consult with your administrator.*your support id is"],
  }),
  blocked("google-sorry", { status: [302], header: { location: "https://*.google.*/sorry/*" } }),
  blocked("google-traffic", { status: [403, 429, 503], body: ["our systems have detected unusual traffic from your computer network"] }),
  blocked("amazon-robot-check", { status: [403, 503], body: ["to discuss automated access to amazon data please contact"] }),
  // No product's name: what such pages say, in the statuses that they have.
  blocked("captcha-page", {
    status: [403, 429, 503],
    body: [
      "<title>*captcha*</title>",
      "<title>are you a robot",
      "<title>robot check",
      "<title>human verification",
      "<title>please verify you are a human",
      "verify you are human by completing the action below",
      "please complete the security check to access",
      "pardon our interruption...",
    ],
  }),
  { name: "rate-limited-until", when: { ...ANY, status: [429], header: { "retry-after": "*" } }, actions: RATE_LIMITED },
  { name: "rate-limited", when: { ...ANY, status: [429], header: { "retry-after": "!*" } }, actions: RATE_LIMITED },
];

function blocked(name: string, when: Partial<RuleWhen>): Rule {
  return { name, when: { ...ANY, ...when }, actions: BLOCKED };
}
