import assert from "node:assert/strict";
import { test } from "node:test";
import { MAKERS, MARKS } from "../../src/blame/fingerprint-table.ts";
import { identify } from "../../src/blame/fingerprints.ts";
import type { RawFields } from "../../src/core/message.ts";
import { CLOUDFLARE, HAPROXY, HAPROXY_503, NGINX, nginxPage, SQUID_VIA, squidFields, squidPage, TINYPROXY } from "./pages.ts";

type Row = readonly [title: string, status: number, fields: RawFields, text: string, id: string | null, made?: boolean];

const ROWS: readonly Row[] = [
  ["nginx's page", 502, NGINX, nginxPage("502 Bad Gateway"), "nginx", true],
  ["nginx's page with a distribution's name", 502, [], nginxPage("502 Bad Gateway", "nginx/1.18.0 (Ubuntu)"), "nginx", true],
  ["nginx's page without a version", 502, [], nginxPage("502 Bad Gateway", "nginx"), "nginx", true],
  ["nginx's 50x.html", 503, [], "<p><em>Faithfully yours, nginx.</em></p>", "nginx", true],
  ["an application behind nginx", 500, NGINX, "boom", "nginx", false],
  ["nginx's page behind Cloudflare", 502, CLOUDFLARE, nginxPage("502 Bad Gateway"), "nginx", true],
  ["HAProxy's page", 503, HAPROXY, HAPROXY_503, "haproxy", true],
  ["Squid's field and page", 503, squidFields("ERR_CONNECT_FAIL 111"), squidPage("ERR_CONNECT_FAIL"), "squid", true],
  ["Squid on the way", 500, SQUID_VIA, "boom", "squid", false],
  ["tinyproxy", 500, TINYPROXY, "", "tinyproxy", true],
  ["Envoy that made it", 503, ["server", "envoy"], "x", "envoy", true],
  ["Envoy that passed it on", 503, ["server", "envoy", "x-envoy-upstream-service-time", "12"], "x", "envoy", false],
  ["Istio's Envoy", 503, ["server", "istio-envoy"], "no healthy upstream", "envoy", true],
  ["Caddy that made it", 502, ["Server", "Caddy"], "", "caddy", true],
  ["Caddy that passed it on", 502, ["Server", "Caddy", "Via", "1.1 Caddy"], "", "caddy", false],
  ["Cloudflare that made it", 522, CLOUDFLARE, "", "cloudflare", true],
  ["Cloudflare that made it, by its error type", 530, [...CLOUDFLARE, "cf-error-type", "1016"], "", "cloudflare", true],
  ["Cloudflare that passed it on", 503, CLOUDFLARE, "busy", "cloudflare", false],
  ["a vendor's 522", 522, [], "", null],
  ["Azure's gateway", 502, [], "<center>Microsoft-Azure-Application-Gateway/v2</center>", "azure-appgw", true],
  ["Azure Front Door", 503, ["X-Azure-Ref", "0abc"], "Our services aren't available right now", "azure-fd", true],
  [
    "IIS ARR",
    502,
    ["X-Powered-By", "ARR/3.0"],
    "502 - Web server received an invalid response while acting as a gateway or proxy server.",
    "iis-arr",
    true,
  ],
  ["Kong", 502, ["Server", "kong/3.4"], '{"message":"An invalid response was received from the upstream server"}', "kong", true],
  ["http-proxy-middleware", 504, [], "Error occurred while trying to proxy: site.example/", "node-hpm", true],
  ["Traefik without servers", 503, [], "no available server\n", "traefik", true],
  ["Apache Traffic Server", 502, ["Server", "ATS/9.2.0"], "<HTML><HEAD><TITLE>Could Not Connect</TITLE></HEAD>", "ats", true],
  ["Bright Data", 502, ["x-brd-err-code", "peer_30030"], "", "brightdata", true],
  [
    "HAProxy's refusal",
    403,
    [],
    "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n",
    "haproxy",
    true,
  ],
  ["Envoy's refusal", 403, ["server", "istio-envoy"], "RBAC: access denied", "envoy", true],
  [
    "IIS without an application",
    503,
    ["Server", "Microsoft-HTTPAPI/2.0"],
    "<hr><p>HTTP Error 503. The service is unavailable.</p>",
    "iis",
    true,
  ],
  [
    "WebLogic's plug-in",
    503,
    ["Server", "Apache"],
    "<H2>Failure of server APACHE bridge:</H2><P>No backend server available",
    "weblogic-plugin",
    true,
  ],
  ["NetScaler", 503, [], "<html><body><b>Http/1.1 Service Unavailable</b></body> </html>", "netscaler", true],
  ["Passenger", 502, [], "<h2>Incomplete response received from application</h2>", "passenger", true],
  [
    "LiteSpeed",
    503,
    [],
    'Proudly powered by  <a href="http://www.litespeedtech.com/error-page">LiteSpeed Web Server</a>',
    "litespeed",
    true,
  ],
  ["Google's page with a robot", 502, [], "<title>Error 502 (Server Error)!!1</title>", "google-lb", true],
  ["Cloud Run that limits", 429, ["Server", "Google Frontend"], "Rate exceeded.", "google-frontend", true],
  ["an application on Cloud Run", 500, ["Server", "Google Frontend"], "boom", "google-frontend", false],
  [
    "Apigee",
    503,
    [],
    '{"fault":{"faultstring":"The Service is temporarily unavailable","detail":{"errorcode":"messaging.adaptors.http.flow.ServiceUnavailable"}}}',
    "apigee",
    true,
  ],
  ["API Gateway's refusal", 403, ["x-amzn-errortype", "ForbiddenException"], '{"message":"Forbidden"}', "aws-api-gateway", true],
  ["DigitalOcean's App Platform", 503, ["x-do-failure-code", "UH", ...CLOUDFLARE], "", "digitalocean", true],
  ["Front Door's refusal", 403, ["X-Azure-Ref", "0abc"], "<h2>The request is blocked.</h2>", "azure-fd", true],
  ["Azure App Service", 503, [], "<h1>:( Application Error</h1> https://x.scm.azurewebsites.net/", "azure-app-service", true],
  ["ModSecurity", 406, [], "This error was generated by Mod_Security.", "modsecurity", true],
  ["HUMAN", 403, [], '{"appId":"PXabc","blockScript":"/c.js"}', "perimeterx", true],
  [
    "lighttpd",
    503,
    ["Server", "lighttpd/1.4.69"],
    '<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n <head>\n  <title>503 Service Unavailable</title>',
    "lighttpd",
    true,
  ],
  ["an application behind lighttpd", 500, ["Server", "lighttpd/1.4.69"], "oops", "lighttpd", false],
  ["nghttpx", 502, ["Server", "nghttpx"], "<h1>502 Bad Gateway</h1><footer>nghttpx</footer>", "nghttpx", true],
  ["nobody", 502, [], "Bad things happened", null],
];

for (const [title, status, fields, text, id, made] of ROWS) {
  test(`recognises ${title}`, () => {
    const [first] = identify(status, fields, text);
    assert.equal(first?.id ?? null, id);
    assert.equal(first?.made, made);
  });
}

test("puts who made an answer before who passed it on, and the surer before the less sure", () => {
  const found = identify(503, [...squidFields("ERR_CONNECT_FAIL 111"), ...SQUID_VIA, ...CLOUDFLARE], squidPage("ERR_CONNECT_FAIL"));
  assert.deepEqual(
    found.map(({ id, made }) => [id, made]),
    [
      ["squid", true],
      ["cloudflare", false],
    ],
  );
});

test("has a name and a side for every mark", () => {
  assert.ok(MARKS.length > 60);
  for (const { id } of MARKS) assert.ok(Object.hasOwn(MAKERS, id), id);
  assert.deepEqual([...new Set(MARKS.map(({ id }) => id))].sort(), Object.keys(MAKERS).sort());
});
