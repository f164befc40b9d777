import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LIST_FORMATS } from "../../../src/core/list-format.ts";
import { detectFormat, type ForeignFormat, readForeignList, readingForeignList } from "../../../src/wire/exit-formats/foreign-list.ts";
import { formatExit } from "../../../src/wire/exit-line.ts";
import { ExitList, formatLineError } from "../../../src/wire/exit-list.ts";

const FORMATS = LIST_FORMATS.filter((format): format is ForeignFormat => format !== "auto" && format !== "lines");

function readAs(format: ForeignFormat, text: string): ExitList {
  const list = new ExitList();
  readForeignList(list, text, format, { scheme: "http", tags: { tier: "x" }, where: { file: "f", line: 1 } });
  return list;
}

/** Routes without passwords, and what was wrong. */
function read(format: ForeignFormat, text: string): { routes: string[]; errors: string[] } {
  const list = readAs(format, text);
  assert.ok(list.exits.every(({ tags }) => tags["tier"] === "x"));
  return { routes: list.exits.map(formatExit), errors: list.errors.map(formatLineError) };
}

const PROXYCHAINS = `# proxychains.conf  VER 4.x
random_chain
#chain_len = 2
proxy_dns
tcp_read_time_out 15000
localnet 127.0.0.0/255.0.0.0
[ProxyList]
# add proxy here ...
socks5\t192.168.67.78\t1080\tlamer\tse:c@ret
http 192.168.89.3 8080 justu hidden # comment
socks4 192.168.1.49 1080\r
`;

test("proxychains: each line of the list is an exit, and proxy_dns has them resolve names", () => {
  assert.deepEqual(read("proxychains", PROXYCHAINS), {
    routes: ["socks5h://lamer@192.168.67.78:1080", "http://justu@192.168.89.3:8080", "socks4a://192.168.1.49:1080"],
    errors: [],
  });
  assert.equal(readAs("proxychains", PROXYCHAINS).exits[0]?.hops[0]?.password, "se:c@ret");
});

test("proxychains: a strict or dynamic chain is one exit, and none where a hop of it is bad", () => {
  const chain = (more = "") => `strict_chain\n[ProxyList]\nsocks5 10.0.0.1 1080\nhttp 10.0.0.2 8080 u p\n${more}`;
  assert.deepEqual(read("proxychains", chain()), { routes: ["socks5://10.0.0.1:1080,http://u@10.0.0.2:8080"], errors: [] });
  assert.deepEqual(read("proxychains", chain("http 10.0.0.3")), {
    routes: [],
    errors: ["f:5:14: the port is missing: write type host port"],
  });
});

test("proxychains: a bad line is named where it is bad, and the others load", () => {
  const text = "[ProxyList]\nraw 10.0.0.1 80\nsocks5\nsocks5 10.0.0.1 99999\nhttp a,b 80\nhttp 10.0.0.1 80 u p x\nhttp 10.0.0.2 80\n";
  assert.deepEqual(read("proxychains", text), {
    routes: ["http://10.0.0.2:80"],
    errors: [
      "f:2:1: the type is none of http, socks4, socks5",
      "f:3:7: the host is missing: write type host port",
      "f:4:17: the port is no number from 1 to 65535",
      "f:5:6: the host is neither a name nor an address",
      "f:6:22: there is more than type host port user password",
    ],
  });
});

test("proxychains: chains drawn at random are refused, and their proxies load", () => {
  const { routes, errors } = read("proxychains", "random_chain\nchain_len = 2\n[ProxyList]\nhttp 10.0.0.2 80\n");
  assert.deepEqual(routes, ["http://10.0.0.2:80"]);
  assert.match(errors[0] ?? "", /^f:2:1: chains of proxies drawn at random/);
});

test("glider: each forward is an exit, its commas a chain, and its proxies are given names", () => {
  const text = `verbose=True
listen=:8443
# forward=http://9.9.9.9:1
forward=http://1.1.1.1:8080#priority=100&interface=eth0
 forward = socks5://bob:p%40ss@2.2.2.2:1080,http://3.3.3.3:8080
forward=tls://gate.example:443?skipVerify=true,http://bob:x@
strategy=rr
forward=ss://method:pass@1.1.1.1:8443
forward=http://1.1.1.2:8080,vmess://x@1.1.1.1:1
forward=tls://a:443
forward=
`;
  assert.deepEqual(read("glider", text), {
    routes: ["http://1.1.1.1:8080", "socks5h://bob@2.2.2.2:1080,http://3.3.3.3:8080", "https://bob@gate.example:443"],
    errors: [
      "f:8:9: the scheme is none of http, socks4, socks5, and tls before http",
      "f:9:29: the scheme is none of http, socks4, socks5, and tls before http",
      "f:10:9: tls has no host, or there is no http behind it",
      "f:11:9: forward names no proxy",
    ],
  });
  assert.equal(readAs("glider", text).exits[1]?.hops[0]?.password, "p@ss");
});

test("mubeng: a line is a URL or host:port, and its templates are refused with the way out", () => {
  const text = "# mine\nhttp://u:p@10.0.0.1:80\n\n10.0.0.2:3128\nsocks5://user-{{uint32}}:p@10.0.0.3:1080\n  ftp://10.0.0.4:21\n";
  assert.deepEqual(read("mubeng", text), {
    routes: ["http://u@10.0.0.1:80", "http://10.0.0.2:3128"],
    errors: [
      "f:5:15: {{…}} is not known here: for a name of each session write {session} in the user name",
      "f:6:3: the scheme is none of http, https, socks4, socks4a, socks5, socks5h",
    ],
  });
});

test("scrapoxy: a JSON list of objects or texts, under the names that are common, bad ones named", () => {
  const text = `[
  { "key": "a", "type": "http", "address": { "hostname": "10.0.0.1", "port": 80 }, "auth": { "username": "u", "password": "p,@" } },
  {"ip": "10.0.0.2", "port": "1080", "protocol": "socks5", "country_code": "DE"}, {"ip": "10.0.0.3"},
  "socks4://10.0.0.4:1080",
  {"proxy_address": "10.0.0.5", "port": 8080, "username": "u", "password": null, "type": "https"},
  {"url": "http://u:p@10.0.0.6:80"},
  {"ip": broken}
]`;
  const { exits, errors } = readAs("scrapoxy", text);
  assert.deepEqual(exits.map(formatExit), [
    "http://u@10.0.0.1:80",
    "socks5://10.0.0.2:1080",
    "socks4://10.0.0.4:1080",
    "http://u@10.0.0.5:8080",
    "http://u@10.0.0.6:80",
  ]);
  assert.equal(exits[0]?.hops[0]?.password, "p,@");
  assert.equal(exits[1]?.tags["country"], "de");
  assert.deepEqual(errors.map(formatLineError), ["f:3:83: the port is missing", "f:7:3: this item is no JSON"]);
});

test("scrapoxy: the list may stand in an object, and one that breaks off loses nothing that was whole", () => {
  assert.deepEqual(read("scrapoxy", '{"count": 1, "results": [{"ip": "10.0.0.1", "port": 80}], "next": null}').routes, [
    "http://10.0.0.1:80",
  ]);
  assert.deepEqual(read("scrapoxy", '["10.0.0.1:80", "10.0.0.2:8'), {
    routes: ["http://10.0.0.1:80"],
    errors: ["f:1:17: the list breaks off here"],
  });
  assert.deepEqual(read("scrapoxy", "{}").errors, ["f:1:1: there is no list in this JSON"]);
});

test("scrapoxy: the list of proxies is found beside others, and none is needed where each line is an object", () => {
  const beside = '{"asked": {"protocols": ["http", "socks5"]}, "note": "[new]", "data": [{"ip": "10.0.0.1", "port": 80}]}';
  assert.deepEqual(read("scrapoxy", beside), { routes: ["http://10.0.0.1:80"], errors: [] });
  const lines = [
    '{"at": "x", "exit": "a", "proxy": "socks5://10.0.0.1:1080", "state": "works", "protocols": ["socks5"], "tried": [{"scheme": "socks5"}]}',
    '{"proxy": "10.0.0.2:81", "state": "dead", "protocols": [], "tried": [{"scheme": "http", "works": false}]}',
    "",
    '{"host": "10.0.0.3", "port": 82, "type": "socks4"',
    '{"host": "10.0.0.4", "port": 83, "type": "socks4"}',
  ];
  assert.deepEqual(read("scrapoxy", lines.join("\r\n")), {
    routes: ["socks5://10.0.0.1:1080", "http://10.0.0.2:81", "socks4://10.0.0.4:83"],
    errors: ["f:4:1: this item is no JSON"],
  });
});

test("scrapoxy: CSV with a line of names, quotes and any of the common separators", () => {
  const text =
    'IP Address;Port;Protocol;User;Pass\n10.0.0.1;80;http;"a;b";"p""q"\n10.0.0.2;x;http;;\n"10.0.0.3;80\n10.0.0.4:1080;;socks5\n1;2;3;4;5;6\n';
  const { exits, errors } = readAs("scrapoxy", text);
  assert.deepEqual(exits.map(formatExit), ["http://a%3Bb@10.0.0.1:80", "socks5://10.0.0.4:1080"]);
  assert.equal(exits[0]?.hops[0]?.password, 'p"q');
  assert.deepEqual(errors.map(formatLineError), [
    "f:3:1: the port is no number from 1 to 65535",
    "f:4:1: a quote is not closed",
    "f:6:1: there are 6 values for 5 names",
  ]);
});

test("what a text is shows in it, and a list of lines is never taken for another", () => {
  assert.equal(detectFormat(PROXYCHAINS), "proxychains");
  assert.equal(detectFormat("listen=:1\nforward=http://1.1.1.1:80\n"), "glider");
  assert.equal(detectFormat('\ufeff[ {"ip": 1}]'), "scrapoxy");
  assert.equal(detectFormat('{"proxies": []}'), "scrapoxy");
  assert.equal(detectFormat("ip,port,type\n10.0.0.1,80,http\n"), "scrapoxy");
  assert.equal(detectFormat("IP Address,Port,Code,Country,Https\n10.0.0.1,80,DE,Germany,no\n"), "scrapoxy");
  assert.equal(detectFormat("proxy,state,protocols\nhttp://10.0.0.1:80,works,http\n"), "scrapoxy");
  assert.equal(detectFormat("http://u-{{uint32}}:p@10.0.0.1:80\n"), "mubeng");
  const lines = [
    "[2001:db8::1]:80",
    "ip,port",
    "10.0.0.1:80,10.0.0.2:80",
    "host:80 country=de,at",
    "http://u:p{x}@h:1",
    "# forward=http://a:1",
    "",
  ];
  assert.deepEqual(
    lines.filter((line) => detectFormat(line) !== "lines"),
    ["ip,port"],
  );
});

test("no variables of ours are put into another program's list", () => {
  const list = new ExitList();
  const options = { scheme: "http", tags: {}, where: { file: "f", line: 1 }, env: { SECRET: "s" } } as const;
  for (const format of FORMATS)
    readForeignList(list, `[ProxyList]\nhttp h 1 u \${SECRET}\nforward=http://u:\${SECRET}@h:1`, format, options);
  assert.ok(list.exits.length > 0);
  assert.ok(list.exits.every(({ hops }) => hops[0]?.password !== "s"));
});

test("arbitrary text never throws, and no error quotes a password", () => {
  const piece = fc.constantFrom(
    ...[
      "[ProxyList]\n",
      "strict_chain\n",
      "socks5 ",
      "forward=",
      "tls://",
      "http://",
      "u:s3cret@",
      "10.0.0.1",
      " 80",
      ":80",
      ",",
      "\n",
      "{",
      "}",
      "[",
      "]",
      '"',
      '"ip":',
      ";",
      "{{",
      "}}",
      "\\",
    ],
    ...["ip,port\n", "\r\n", "\ufeff", "#", " ", "\ud800"],
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join("")),
      ),
      (text) => {
        detectFormat(text);
        for (const format of FORMATS) {
          for (const error of readAs(format, text).errors) {
            assert.ok(error.line >= 1 && error.column >= 1);
            assert.ok(!error.reason.includes("s3cret"));
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a text of spaces and line ends alone is looked at once, not once for each of them", () => {
  const startedAt = process.cpuUsage().user;
  for (const text of [" ".repeat(1e6), "\n".repeat(1e6), "[ ".repeat(5e5)]) detectFormat(text);
  assert.ok(process.cpuUsage().user - startedAt < 2_000_000); // microseconds
});

const LONG: Readonly<Record<ForeignFormat, string>> = {
  proxychains: `[ProxyList]\n${manyOf((i) => `http 10.0.0.1 ${i} u p`)}`,
  glider: manyOf((i) => `forward=http://u:p@10.0.0.1:${i}`),
  mubeng: manyOf((i) => `http://u:p@10.0.0.1:${i}`),
  scrapoxy: `[\n${manyOf((i) => `{"ip":"10.0.0.1","port":${i}},`)}\n]`,
};

function manyOf(line: (i: number) => string): string {
  return Array.from({ length: 3000 }, (_, i) => line(i + 1)).join("\n");
}

const ALL = { scheme: "http", tags: {}, where: { file: "f", line: 1 } } as const;

for (const format of FORMATS)
  test(`${format}: a long list is read step by step, and so is one without an exit`, () => {
    const [list, none] = [new ExitList(), new ExitList()];
    assert.ok(Array.from(readingForeignList(list, Buffer.from(LONG[format]), format, ALL)).length >= 25);
    assert.deepEqual([list.size, list.errorCount], [3000, 0]);
    const empty = format === "scrapoxy" ? `[${" ".repeat(1_000_000)}]` : "# nothing\n".repeat(3000);
    assert.ok(Array.from(readingForeignList(none, Buffer.from(empty), format, ALL)).length >= 9);
    assert.deepEqual([none.size, none.errorCount], [0, 0]);
  });

test("CSV: a long list is read step by step", () => {
  const list = new ExitList();
  const csv = `ip,port\n${manyOf((i) => `10.0.0.1,${i}`)}`;
  assert.ok(Array.from(readingForeignList(list, Buffer.from(csv), "scrapoxy", ALL)).length >= 25);
  assert.equal(list.size, 3000);
});

test("lines and items that are too long are named, and the others are read", () => {
  const long = "x".repeat(20_000);
  assert.deepEqual(read("scrapoxy", `["a:1", "${long}",\n "b:2"]`), {
    routes: ["http://a:1", "http://b:2"],
    errors: ["f:1:9: this item is longer than 16384 bytes"],
  });
  assert.deepEqual(read("glider", `forward=http://a:1\nforward=http://${long}:1\nforward=http://b:2`), {
    routes: ["http://a:1", "http://b:2"],
    errors: ["f:2:1: the line is longer than 16384 bytes"],
  });
  assert.deepEqual(read("scrapoxy", `ip,port\n${long},1\nb,2`), {
    routes: ["http://b:2"],
    errors: ["f:2:1: the line is longer than 16384 bytes"],
  });
});

test("scrapoxy: what wraps a list on one line is no proxy, whatever address it names, and no list within the text's own is taken for it", () => {
  const [one, two] = ['{"ip":"192.0.2.1","port":80}', '{"ip":"192.0.2.2","port":80}'];
  const routes = ["http://192.0.2.1:80", "http://192.0.2.2:80"];
  for (const text of [
    `{"ip":"203.0.113.5","data":[${one},${two}]}`,
    `{"server":"api.example","proxies":[${one},${two}]}\n`,
    `{"proxy":[${one},${two}]}`,
    '{"proxy":["192.0.2.1:80","192.0.2.2:80"]}',
    `${one}\n${two}`,
    '{"proxy":"http://192.0.2.1:80","tried":[{"scheme":"http"}]}\n{"proxy":"http://192.0.2.2:80","tried":[]}\n',
  ])
    assert.deepEqual(read("scrapoxy", text), { routes, errors: [] }, text);
  assert.deepEqual(read("scrapoxy", `{"ip":"192.0.2.9"}\n${one}`), {
    routes: ["http://192.0.2.1:80"],
    errors: ["f:1:1: the port is missing"],
  });
  assert.equal(read("scrapoxy", '[["192.0.2.1:80"],["192.0.2.2:80"]]').errors.length, 2);
});

test("places in JSON are those that an editor shows, whatever characters stand before", () => {
  assert.deepEqual(read("scrapoxy", '["\u{1f600}é", "a:1"\n, "ü" , {}]').errors.map(place), ["f:1:2", "f:2:3", "f:2:9"]);
});

function place(error: string): string {
  return error.split(": ")[0] as string;
}

test("of bad entries only the first are kept, and all are counted", () => {
  const list = readAs("scrapoxy", `[${"{},".repeat(1500)}"a:1"]`);
  assert.deepEqual([list.size, list.errors.length, list.errorCount], [1, 1000, 1500]);
});
