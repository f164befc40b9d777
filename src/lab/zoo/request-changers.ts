import { formatAnswer } from "../lab-http.ts";
import { type Carried, Carrier, carriedValue, replaced, withoutField } from "./carrier.ts";
import { readsAlong, startWebProxy } from "./web-proxy.ts";
import { type Liars, liesBy, type ZooProxy, zooProxy } from "./zoo-proxy.ts";

/** Proxies that ask for something else than they were asked for. */
export const REQUEST_CHANGERS: Liars = [
  asks("takes Accept-Language", (request) => withoutField(request, "accept-language")),
  asks("takes Accept-Encoding", (request) => withoutField(request, "accept-encoding")),
  asks("takes cookies", (request) => withoutField(request, "cookie")),
  asks("takes Authorization", (request) => withoutField(request, "authorization")),
  asks("takes Referer", (request) => withoutField(request, "referer")),
  asks("says another User-Agent", (request) => replaced(request, "user-agent", "Mozilla/5.0 (compatible; lab)")),
  asks("adds to User-Agent", (request) => replaced(request, "user-agent", `${carriedValue(request, "user-agent")} via lab`)),
  asks("asks with another method", (request) => ({
    ...request,
    line: [request.line[0] === "POST" ? "PUT" : request.line[0], request.line[1], "HTTP/1.1"],
  })),
  asks("adds to the query", (request) => ({ ...request, line: [request.line[0], `${request.line[1]}&ref=lab`, "HTTP/1.1"] })),
  asks("cuts bodies", (request) => ({ ...request, body: request.body.subarray(0, Math.min(request.body.length, 10)) })),
  asks("changes bodies", (request) => ({ ...request, body: request.body.map((byte) => byte ^ 1) as Buffer })),
  asks("adds a cookie", (request) => replaced(request, "cookie", `${carriedValue(request, "cookie") ?? ""}; track=1`)),
  zooProxy("takes cookies and logins out of requests in plain tunnels", "http", liesBy("honesty.request_changed"), () =>
    startWebProxy({
      tunnel: (peer, to) =>
        readsAlong(peer, to, new Carrier({ request: (request) => withoutField(withoutField(request, "cookie"), "authorization") })),
    }),
  ),
  zooProxy("changes the bodies of requests in plain tunnels", "http", liesBy("honesty.request_changed"), () =>
    startWebProxy({
      tunnel: (peer, to) =>
        readsAlong(peer, to, new Carrier({ request: (request) => ({ ...request, body: request.body.map((byte) => byte ^ 1) as Buffer }) })),
    }),
  ),
  zooProxy("refuses long requests, and changes the bodies of short ones", "http", liesBy("honesty.request_changed"), () =>
    startWebProxy({
      instead: (request) => ((carriedValue(request, "cookie") ?? "").length > COOKIE_CHARS_MAX ? formatAnswer(431, {}, "") : null),
      request: (request) => ({ ...request, body: request.body.map((byte) => byte ^ 1) as Buffer }),
    }),
  ),
];

/** As a proxy with a small buffer takes them. */
const COOKIE_CHARS_MAX = 4096;

function asks(what: string, request: (request: Carried) => Carried): ZooProxy {
  return zooProxy(`${what} of requests`, "http", liesBy("honesty.request_changed"), () => startWebProxy({ request }));
}
