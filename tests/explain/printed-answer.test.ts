import assert from "node:assert/strict";
import { test } from "node:test";
import { explainResponse } from "../../src/explain/response/explain-response.ts";

const NG =
  "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx/1.22.1</center>\n</body>\n</html>";
/** Form, status, who made it, fault, as it is pasted. */
const CASES: readonly (readonly [form: string, status: number | null, maker: string | null, fault: string, text: string])[] = [
  [
    "wget -S",
    502,
    null,
    "relay.edge_5xx",
    `--2026-11-27 14:02:07--  http://site.example/\nResolving site.example (site.example)... 192.0.2.1\nConnecting to site.example (site.example)|192.0.2.1|:80... connected.\nHTTP request sent, awaiting response... \n  HTTP/1.1 502 Bad Gateway\n  Server: nginx/1.22.1\n  Date: Fri, 27 Nov 2026 14:02:07 GMT\n  Content-Type: text/html\n  Content-Length: 157\n  Connection: keep-alive\n2026-11-27 14:02:07 ERROR 502: Bad Gateway.\n`,
  ],
  [
    "httpie",
    502,
    "nginx",
    "relay.edge_5xx",
    `HTTP/1.1 502 Bad Gateway\nConnection: keep-alive\nContent-Length: 157\nContent-Type: text/html\nServer: nginx/1.22.1\n\n${NG}\n`,
  ],
  [
    "httpie -v",
    502,
    "nginx",
    "relay.edge_5xx",
    `GET / HTTP/1.1\nAccept: */*\nHost: site.example\nUser-Agent: HTTPie/3.2.1\n\n\n\nHTTP/1.1 502 Bad Gateway\nConnection: keep-alive\nServer: nginx/1.22.1\n\n${NG}\n`,
  ],
  [
    "curl -v h2",
    521,
    "cloudflare",
    "relay.edge_5xx",
    `* Host site.example:443 was resolved.\n* IPv6: (none)\n* IPv4: 104.16.1.1\n*   Trying 104.16.1.1:443...\n* Connected to site.example (104.16.1.1) port 443\n* ALPN: curl offers h2,http/1.1\n* using HTTP/2\n* [HTTP/2] [1] OPENED stream for https://site.example/\n* [HTTP/2] [1] [:method: GET]\n* [HTTP/2] [1] [:scheme: https]\n* [HTTP/2] [1] [:authority: site.example]\n* [HTTP/2] [1] [:path: /]\n> GET / HTTP/2\n> Host: site.example\n> User-Agent: curl/8.7.1\n> Accept: */*\n> \n* Request completely sent off\n< HTTP/2 521 \n< date: Fri, 27 Nov 2026 14:02:07 GMT\n< content-type: text/plain; charset=UTF-8\n< server: cloudflare\n< cf-ray: 8f1e2d3c4b5a6978-FRA\n< \nerror code: 521* Connection #0 to host site.example left intact\n`,
  ],
  [
    "curl -v with timestamps",
    502,
    "nginx",
    "relay.edge_5xx",
    `14:02:07.123456 *   Trying 192.0.2.1:80...\n14:02:07.223456 * Connected to site.example (192.0.2.1) port 80\n14:02:07.323456 > GET / HTTP/1.1\n14:02:07.323456 > Host: site.example\n14:02:07.323456 > \n14:02:07.423456 < HTTP/1.1 502 Bad Gateway\n14:02:07.423456 < Server: nginx/1.22.1\n14:02:07.423456 < \n${NG}\n`,
  ],
  [
    "curl --trace-ascii",
    502,
    "nginx",
    "relay.edge_5xx",
    `== Info:   Trying 192.0.2.1:80...\n== Info: Connected to site.example (192.0.2.1) port 80 (#0)\n=> Send header, 77 bytes (0x4d)\n0000: GET / HTTP/1.1\n0010: Host: site.example\n0023: User-Agent: curl/7.88.1\n003c: Accept: */*\n0049: \n<= Recv header, 26 bytes (0x1a)\n0000: HTTP/1.1 502 Bad Gateway\n<= Recv header, 22 bytes (0x16)\n0000: Server: nginx/1.22.1\n<= Recv header, 2 bytes (0x2)\n0000: \n<= Recv data, 157 bytes (0x9d)\n0000: <html>\n0007: <center><h1>502 Bad Gateway</h1></center>\n0020: <hr><center>nginx/1.22.1</center>\n`,
  ],
  [
    "devtools headers",
    502,
    "cloudfront",
    "relay.edge_5xx",
    `Request URL: https://site.example/api\nRequest Method: GET\nStatus Code: 502 Bad Gateway\nRemote Address: 192.0.2.1:443\nReferrer Policy: strict-origin-when-cross-origin\ncontent-length: 950\ncontent-type: text/html\ndate: Fri, 27 Nov 2026 14:02:07 GMT\nserver: CloudFront\nvia: 1.1 abc.cloudfront.net (CloudFront)\nx-cache: Error from cloudfront\nx-amz-cf-id: abc==\n`,
  ],
  [
    "firefox copied headers",
    503,
    "aws-alb",
    "relay.edge_5xx",
    `HTTP/2 503 Service Unavailable\nserver: awselb/2.0\ndate: Fri, 27 Nov 2026 14:02:07 GMT\ncontent-type: text/html\ncontent-length: 162\nX-Firefox-Spdy: h2\n`,
  ],
  [
    "node fetch Response",
    522,
    "cloudflare",
    "relay.edge_5xx",
    `Response {\n  status: 522,\n  statusText: '',\n  headers: Headers {\n    date: 'Fri, 27 Nov 2026 14:02:07 GMT',\n    'content-type': 'text/plain; charset=UTF-8',\n    'content-length': '15',\n    server: 'cloudflare',\n    'cf-ray': '8f1e2d3c4b5a6978-FRA'\n  },\n  body: ReadableStream { locked: false },\n  type: 'basic',\n  url: 'https://site.example/'\n}\n`,
  ],
  [
    "axios dump",
    503,
    "heroku",
    "relay.edge_5xx",
    `AxiosError: Request failed with status code 503\n    at settle (/app/node_modules/axios/dist/node/axios.cjs:1967:12) {\n  code: 'ERR_BAD_RESPONSE',\n  response: {\n    status: 503,\n    statusText: 'Service Unavailable',\n    headers: Object [AxiosHeaders] {\n      server: 'Cowboy',\n      'content-type': 'text/html; charset=utf-8',\n      via: '1.1 vegur'\n    },\n    data: '<!DOCTYPE html>\\n<iframe src="//www.herokucdn.com/error-pages/application-error.html"></iframe>'\n  }\n}\n`,
  ],
  [
    "python headers dict",
    502,
    "aws-alb",
    "relay.edge_5xx",
    `<Response [502]>\n{'Server': 'awselb/2.0', 'Date': 'Fri, 27 Nov 2026 14:02:07 GMT', 'Content-Type': 'text/html', 'Content-Length': '122', 'Connection': 'keep-alive'}\n`,
  ],
  [
    "openssl s_client",
    502,
    "nginx",
    "relay.edge_5xx",
    `CONNECTED(00000003)\ndepth=2 C = US, O = Internet Security Research Group, CN = ISRG Root X1\nverify return:1\n---\nGET / HTTP/1.0\n\nHTTP/1.1 502 Bad Gateway\nServer: nginx/1.22.1\nContent-Type: text/html\nConnection: close\n\n${NG}\nclosed\n`,
  ],
  [
    "markdown quoted curl -i",
    502,
    "nginx",
    "relay.edge_5xx",
    `\`\`\`\n$ curl -i http://site.example/\nHTTP/1.1 502 Bad Gateway\nServer: nginx/1.22.1\nContent-Type: text/html\n\n${NG}\n\`\`\`\n`,
  ],
  [
    "indented by four",
    502,
    "nginx",
    "relay.edge_5xx",
    `    HTTP/1.1 502 Bad Gateway\n    Server: nginx/1.22.1\n    Content-Type: text/html\n\n${NG.replace(/^/gm, "    ")}\n`,
  ],
  [
    "quoted with >",
    502,
    "nginx",
    "relay.edge_5xx",
    `> HTTP/1.1 502 Bad Gateway\n> Server: nginx/1.22.1\n> Content-Type: text/html\n>\n${NG.replace(/^/gm, "> ")}\n`,
  ],
  [
    "PowerShell",
    502,
    "nginx",
    "relay.edge_5xx",
    `Invoke-WebRequest: \n<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>`,
  ],
  ["curl -w", null, null, "relay.edge_5xx", `http_code: 502\ntime_total: 60.012\n`],
  [
    "go httputil dump quoted",
    504,
    "envoy",
    "relay.edge_5xx",
    `"HTTP/1.1 504 Gateway Timeout\\r\\nContent-Length: 24\\r\\nContent-Type: text/plain\\r\\nDate: Fri, 27 Nov 2026 14:02:07 GMT\\r\\nServer: envoy\\r\\n\\r\\nupstream request timeout"`,
  ],
];

for (const [form, status, maker, fault, text] of CASES) {
  test(`an answer is read in the form of ${form}`, () => {
    const [explained] = explainResponse(text) ?? [];
    assert.equal(explained?.reading.fault, fault);
    if (status === null) assert.equal(explained.kind, "words");
    else {
      assert.equal(explained.kind, "answer");
      assert.equal(explained.status, status);
      assert.equal(explained.reading.madeBy?.id ?? null, maker);
    }
  });
}

test("newer browsers copy names and values in lines of their own", () => {
  const text =
    "Request URL\nhttps://site.example/\nRequest Method\nGET\nStatus Code\n521 \nserver\ncloudflare\ncf-ray\n8f1e2d3c4b5a6978-FRA\n";
  const [explained] = explainResponse(text) ?? [];
  assert.equal(explained?.kind, "answer");
  assert.equal(explained.asked, "GET https://site.example/");
  assert.equal(explained.reading.madeBy?.id, "cloudflare");
});

test("objects with a status that are no answers are none", () => {
  for (const text of ["{ status: 502, order: 'open' }", '{"status": 404, "error": "x"}', "statusCode: 200"])
    assert.equal(explainResponse(text)?.some(({ kind }) => kind === "answer") ?? false, false, text);
});

test("a head alone with nginx's name does not say that the application made a 502, and one with the page does", () => {
  const head = "HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Length: 150\r\n\r\n";
  const faultOf = (text: string) => explainResponse(text)?.[0]?.reading.fault;
  assert.equal(faultOf(head), "relay.edge_5xx");
  assert.equal(faultOf(`${head}{"error":"no stock"}`), "relay.origin_5xx");
});
