import assert from "node:assert/strict";
import { test } from "node:test";
import { type ExplainedAnswer, explainResponse } from "../../src/explain/response/explain-response.ts";

function answerOf(text: string): ExplainedAnswer {
  const explained = explainResponse(text) ?? [];
  assert.deepEqual(
    explained.map(({ kind }) => kind),
    ["answer"],
    text,
  );
  return explained[0] as ExplainedAnswer;
}

const NGINX =
  "<html>\n<head><title>504 Gateway Time-out</title></head>\n<body>\n<center><h1>504 Gateway Time-out</h1></center>\n<hr><center>nginx/1.18.0 (Ubuntu)</center>\n</body>\n</html>\n";
const APACHE =
  "<html><head>\n<title>502 Proxy Error</title>\n</head><body>\n<h1>Proxy Error</h1>\n<p>The proxy server received an invalid\nresponse from an upstream server.</p>\n<address>Apache/2.4.46 (Win64) Server at site.example Port 443</address>\n</body></html>\n";

/** A page without its head, as people paste it. */
const PAGES: Readonly<Record<string, readonly [text: string, status: number, maker: string]>> = {
  "Cloudflare's block": ["error code: 1020", 403, "cloudflare"],
  "Cloudflare's limit": ["error code: 1015", 429, "cloudflare"],
  "Cloudflare's tunnel that is down": ["error code: 1033", 530, "cloudflare"],
  "a page's source": [NGINX, 504, "nginx"],
  "a page's source behind words": [`Since yesterday I get this:\n\n${NGINX}`, 504, "nginx"],
  "a page that JSON quotes": [JSON.stringify(APACHE), 502, "apache"],
  "a page that a program's error quotes": [
    `AxiosError: Request failed with status code 502\n  data: ${JSON.stringify(APACHE)}`,
    502,
    "apache",
  ],
  "a page that Node prints in pieces": [
    "    data: '<html><head>\\n' +\n      '<title>ERROR: The requested URL could not be retrieved</title>\\n' +\n      '</head></html>\\n',\n",
    503,
    "squid",
  ],
  "the words of nginx's page": ["502 Bad Gateway\n\nnginx/1.18.0 (Ubuntu)\n", 502, "nginx"],
  "the words of Cloudflare's page": ["502 Bad Gateway\ncloudflare\n", 502, "cloudflare"],
  "Cloudflare's page under the status": [
    'Status code: 502\n<!DOCTYPE html>\n<html><head>\n<title>app.example | 502: Bad gateway</title>\n</head>\n<div id="cf-error-details" class="p-0">\n',
    502,
    // Cloudflare's own page says with this status that the server behind it failed.
    "origin",
  ],
  "the words of Varnish's page": [
    "Error 503 Backend fetch failed\nBackend fetch failed\nGuru Meditation:\nXID: 129238619\nVarnish cache server\n",
    503,
    "varnish",
  ],
  "the words of Fastly's page": [
    "Error 503 backend read error\nbackend read error\nGuru Mediation:\nDetails: cache-iad2136-IAD 1429109318 3487436242\nVarnish cache server\n",
    503,
    "fastly",
  ],
  "Envoy's sentence": ["upstream connect error or disconnect/reset before headers. reset reason: connection failure\n", 503, "envoy"],
  "Envoy's sentence in gRPC's": [
    "rpc error: code = Unavailable desc = upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
    503,
    "envoy",
  ],
  "Kong's JSON": ['{"message":"An invalid response was received from the upstream server","request_id":"d22a"}\n', 502, "kong"],
  "Kong's sentence": ["An invalid response was received from the upstream server\n", 502, "kong"],
};

for (const [name, [text, status, maker]] of Object.entries(PAGES)) {
  test(`${name} tells who made it without the head`, () => {
    const { status: told, reading } = answerOf(text);
    assert.deepEqual([told, reading.madeBy?.id], [status, maker]);
  });
}

test("a page that is no error's is not read as one", () => {
  for (const text of ["<html><title>Welcome</title></html>", "<title>Top 500 songs</title>", "502 bottles of beer\n", "", "no reason"])
    assert.equal(explainResponse(text), null, text);
});

/** What platforms' own routers leave on answers that they made themselves. */
const PLATFORMS: readonly (readonly [head: string, body: string, maker: string])[] = [
  [
    "503 Service Unavailable\nServer: Cowboy\nVia: 1.1 vegur",
    '<iframe src="//www.herokucdn.com/error-pages/application-error.html"></iframe>',
    "heroku",
  ],
  ["503 Service Unavailable\nServer: Heroku\nVia: 1.1 heroku-router", "", "heroku"],
  ["502\nngrok-error-code: ERR_NGROK_8012", "<!DOCTYPE html>", "ngrok"],
  ["502\nserver: railway-edge\nx-railway-fallback: true", '{"status":"error","message":"Application failed to respond"}', "railway"],
  ["502\nx-render-routing: no-server\ncf-ray: 82a1b2c3d4e5f607-AMS\nserver: cloudflare", "", "render"],
  ["502\nserver: Fly/0a1b2c (2026-01-01)\nfly-request-id: 01H-ams", "", "fly"],
  ["504\nx-amz-apigw-id: PMk=", '{"message": "Endpoint request timed out"}', "aws-api-gateway"],
  ["502\nserver: Netlify\nx-nf-request-id: 01H", "error decoding lambda response", "netlify"],
  ["503 Service Temporarily Unavailable\nServer: kong/3.5.0", '{\n  "message":"name resolution failed"\n}', "kong"],
  [
    "503 Service Unavailable\nConnection: close",
    "<html>\n<h1>Application is not available</h1>\n<p>The application is currently not serving requests at this endpoint.</p>",
    "haproxy",
  ],
  ["502 Bad Gateway\nContent-Length: 11", "Bad Gateway", "traefik"],
];

test("an answer that a platform's router made is the edge's, and not the application's", () => {
  for (const [head, body, maker] of PLATFORMS) {
    const { reading } = answerOf(`HTTP/1.1 ${head}\n\n${body}\n`);
    assert.deepEqual([reading.madeBy?.id, reading.culprit], [maker, "edge"], head);
  }
});

test("an answer on which nothing is marked is not said to have come through an exit that nobody spoke of", () => {
  const { reading } = answerOf('HTTP/1.1 503 Service Unavailable\ncontent-type: application/json\n\n{"error":"busy"}\n');
  assert.equal(reading.culprit, "origin");
  assert.doesNotMatch(reading.summary + reading.evidence.join(), /exit/);
});
