import assert from "node:assert/strict";
import { test } from "node:test";
import { extract } from "../../src/check/extract.ts";

async function find(text: string, chunkBytes = 65_536): Promise<string[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const found: string[] = [];
  for await (const some of extract(chunks())) found.push(...some.map((one) => `${one.line} ${one.text}`));
  return found;
}

const PAGE = `Today's: 192.0.2.1:8080, and socks5://user:pa@host.example:1080/ too.
<tr><td>192.0.2.2</td>
 <td class="x">3128</td><td>DE</td></tr>
{"ip": "192.0.2.3", "port": 8081}, {"ip":"192.0.2.4","port":"8082"}
192.0.2.5\t8083\telite
[2001:db8::1]:1080 user:pass@192.0.2.6:99 192.0.2.7:8080:user:pass
ip=192.0.2.8 port=8084
`;

test("finds addresses with ports in text, pages, tables and JSON, however they are chunked", async () => {
  const expected = [
    "1 192.0.2.1:8080",
    "1 socks5://user:pa@host.example:1080",
    "2 192.0.2.2:3128",
    "4 192.0.2.3:8081",
    "4 192.0.2.4:8082",
    "5 192.0.2.5:8083",
    "6 [2001:db8::1]:1080",
    "6 user:pass@192.0.2.6:99",
    "6 192.0.2.7:8080:user:pass",
    "7 192.0.2.8:8084",
  ];
  for (const chunkBytes of [1, 13, 65_536]) assert.deepEqual(await find(PAGE, chunkBytes), expected);
});

test("takes no version, no time, no address without a port and no port that cannot be", async () => {
  const text =
    "version 1.2.3.4.5:80, 10.0.0.1 then nothing, 1.2.3.4 apples 80, 999.1.1.1:80, 12:30, 192.0.2.8:70000, 192.0.2.9:0, site.example:80";
  assert.deepEqual(await find(text), []);
});

test("counts lines through megabytes of anything", async () => {
  const filler = `${"a:b@<1.2.3.4 ".repeat(80_000)}\n`;
  assert.deepEqual(await find(`${filler}${filler}192.0.2.1:80 ${filler}x 192.0.2.2:81`), ["3 192.0.2.1:80", "4 192.0.2.2:81"]);
});
