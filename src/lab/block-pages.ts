import { gzipSync } from "node:zlib";
import { formatAnswer } from "./lab-http.ts";

/** What sites and their edges answer to whom they take for a robot, by the ready-made rule that knows it. */
export const BLOCK_PAGES: Readonly<Record<BlockPage, Buffer>> = {
  "cloudflare-challenge": page(
    403,
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies to continue</body></html>",
    {
      Server: "cloudflare",
      "cf-mitigated": "challenge",
      "CF-RAY": "8f1e2d3c4b5a6978-FRA",
    },
  ),
  "cloudflare-page": page(
    503,
    "<html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={cvId:'3'}</script></body></html>",
    {
      Server: "cloudflare",
    },
  ),
  "cloudflare-blocked": page(403, "error code: 1020", { Server: "cloudflare", "CF-RAY": "8f1e2d3c4b5a6978-FRA" }),
  "akamai-denied": page(
    403,
    '<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\nYou don\'t have permission to access "http&#58;&#47;&#47;site&#46;lab&#47;" on this server.<P>\nReference&#32;&#35;18&#46;4f9f6d17&#46;1760438400&#46;a1b2c3d\n</BODY></HTML>\n',
    { Server: "AkamaiGHost" },
  ),
  "akamai-page": page(
    403,
    "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><P>https&#58;&#47;&#47;errors.edgesuite.net&#47;18.4f9f6d17.1760438400.a1b2c3d</P></BODY></HTML>",
  ),
  "akamai-challenge": page(
    428,
    '<html><body><div id="sec-if-cpt-container" role="main"></div><script src="/_sec/cp_challenge/verify"></script></body></html>',
  ),
  datadome: page(
    403,
    "<html><head><title>site.lab</title></head><body><script>var dd={'rt':'c','host':'geo.captcha-delivery.com'}</script></body></html>",
    { Server: "DataDome", "X-DataDome": "protected" },
  ),
  "datadome-page": page(
    403,
    '{"url":"https://geo.captcha-delivery.com/captcha/?initialCid=lab"}',
    { Server: "DataDome" },
    "application/json",
  ),
  perimeterx: page(
    403,
    "<html><head><title>Access to this page has been denied</title></head><body><script>window._pxAppId = 'PXlab0001';</script></body></html>",
  ),
  imperva: page(
    403,
    '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body><iframe src="/_Incapsula_Resource?SWUDNSAI=31&incident_id=1-2">Request unsuccessful. Incapsula incident ID: 1-2</iframe></body></html>',
    { "X-Iinfo": "1-2-3" },
  ),
  "aws-waf": page(202, "", { "x-amzn-waf-action": "challenge" }),
  vercel: page(429, "<html><head><title>Vercel Security Checkpoint</title></head></html>", { "x-vercel-mitigated": "challenge" }),
  kasada: page(429, '<!DOCTYPE html><html><body><script src="/ips.js"></script></body></html>', { "x-kpsdk-ct": "lab" }),
  sucuri: page(403, "<html><head><title>Sucuri WebSite Firewall - Access Denied</title></head></html>", { "X-Sucuri-ID": "11005" }),
  f5: page(
    403,
    "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 1234567890</body></html>",
  ),
  "google-sorry": page(302, "<HTML><HEAD><TITLE>302 Moved</TITLE></HEAD></HTML>", {
    Location: "https://www.google.com/sorry/index?continue=http://www.google.com/",
  }),
  "google-traffic": page(429, "<html><body>Our systems have detected unusual traffic from your computer network.</body></html>"),
  "amazon-robot-check": page(
    503,
    "<!--\n        To discuss automated access to Amazon data please contact api-services-support@amazon.com.\n--><html></html>",
  ),
  "captcha-page": page(403, "<html><head><title>Please solve this CAPTCHA to go on</title></head></html>"),
  "rate-limited-until": page(429, '{"error":"too many requests"}', { "Retry-After": "7" }, "application/json"),
  "rate-limited": page(429, '{"error":"too many requests"}', {}, "application/json"),
};

type BlockPage =
  | "cloudflare-challenge"
  | "cloudflare-page"
  | "cloudflare-blocked"
  | "akamai-denied"
  | "akamai-page"
  | "akamai-challenge"
  | "datadome"
  | "datadome-page"
  | "perimeterx"
  | "imperva"
  | "aws-waf"
  | "vercel"
  | "kasada"
  | "sucuri"
  | "f5"
  | "google-sorry"
  | "google-traffic"
  | "amazon-robot-check"
  | "captcha-page"
  | "rate-limited-until"
  | "rate-limited";

/** A page in gzip, as most sites send theirs. */
export function zippedPage(status: number, html: string, fields: Readonly<Record<string, string>> = {}): Buffer {
  return formatAnswer(status, { "Content-Type": "text/html", "Content-Encoding": "gzip", ...fields }, gzipSync(html));
}

function page(status: number, body: string, fields: Readonly<Record<string, string>> = {}, type = "text/html"): Buffer {
  return formatAnswer(status, { "Content-Type": type, ...fields }, body);
}
