import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readCurlCommand } from "../../src/diagnose/curl-command.ts";
import { shellWords } from "../../src/diagnose/curl-command-words.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { diagnosisOf } from "../diagnose/diagnosing.ts";
import { needs } from "./peers/programs.ts";
import { runCommand } from "./run-command.ts";

const CURL = needs("curl");

/** A request as a site sees it: what may differ is left out of it. */
interface Came {
  readonly line: string;
  /** In lower case, sorted. */
  readonly fields: readonly string[];
  readonly body: string;
}

/** A site that keeps what came. */
async function startRecorder(): Promise<LabServer & { readonly requests: Came[] }> {
  const requests: Came[] = [];
  const server = await startLabServer(async (peer) => {
    const head = (await peer.reader.until("\r\n\r\n")).toString("latin1");
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    const body = (await peer.reader.take(length)).toString("latin1");
    requests.push(asCame(head, body));
    await peer.send(formatAnswer(200, { Connection: "close" }, ""));
    await peer.end();
  });
  return Object.assign(server, { requests });
}

/** Less the version of curl and the boundary, which each makes up. */
function asCame(head: string, body: string): Came {
  const boundary = /boundary=(\S+)/.exec(head)?.[1] ?? "no boundary";
  const [line = "", ...lines] = head.trimEnd().replaceAll(boundary, "BOUNDARY").split("\r\n");
  const fields = lines.map((text) =>
    text
      .replace(/^[^:]+/, (name) => name.toLowerCase())
      .replace(/: curl\/.*/, ": curl")
      .trimEnd(),
  );
  return {
    line,
    fields: fields.filter((text) => !/^(?:connection|content-length):/.test(text)).sort(),
    body: body.replaceAll(boundary, "BOUNDARY"),
  };
}

const COMMANDS: readonly string[] = [
  "curl URL",
  "curl -sSI URL?a=1#part",
  "curl -sX DELETE URL -H 'X-One: 1' -H 'X-Two;' -H 'Accept:'",
  "curl URL -d a=1 -d 'b=2 3' --data-raw @no-file --data-urlencode 'c=d e&f' --data-urlencode '=g h' --data-urlencode i+j",
  "curl URL --data-urlencode 'name@FILE' --data-urlencode '@FILE'",
  "curl URL -d @FILE",
  "curl URL --data-binary @FILE -H 'content-type: text/plain'",
  "curl URL --json '{\"a\": 1}' --json ' '",
  "curl -G URL?x=1 -d a=1 --data-urlencode 'b=c d'",
  "curl -GI URL -d a=1",
  "curl URL -F name=value -F 'file=@FILE;type=text/csv' -F 'more=<FILE' -F 'named=@FILE;filename=other.txt' --form-string 'plain=@x;y'",
  "curl -T FILE URLfolder/ -H Expect:",
  "curl URL -T FILE -H Expect:",
  "curl URL -u anna:schatz",
  "curl http://anna:sch%40tz@HOST/",
  "curl URL --oauth2-bearer abc",
  "curl URL -A Mozilla/5.0 -e https://from.example/ -b 'a=1; b=2' -b c=3 -r 0-99",
  "curl URL -A '' --compressed --url-query 'q=a b'",
  "curl HOST/path -H 'Host: other.example' -H 'User-Agent: own'",
  "curl -X PATCH URL --data 'x' -XPUT",
  "curl --url URL --no-location -gsSLfv --max-time 5 -o /dev/null",
  "curl http://site.example:PORT/ --resolve site.example:PORT:127.0.0.1",
  "curl http://site.example/ --connect-to site.example:80:127.0.0.1:PORT",
  "curl http://site.example/ --connect-to ::127.0.0.1:PORT",
  `curl 'URL' \\
  -H 'accept: application/json' \\
  -H $'x-text: it\\'s \\u0041' \\
  --data-raw $'{"a":"b\\n\\u0021"}' \\
  --compressed`,
];

test("what a site gets of a curl command is what curl itself sends it", CURL, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const file = join(folder.path, "file.txt");
  await writeFile(file, "one=1&\r\ntwo 2\n");
  await using site = await startRecorder();
  const at = `${site.host}:${site.port}`;
  for (const command of COMMANDS) {
    const text = command
      .replaceAll("URL", `http://${at}/`)
      .replaceAll("HOST", at)
      .replaceAll("PORT", String(site.port))
      .replaceAll("FILE", file);
    const words = shellWords(text, {});
    const { stderr } = await runCommand("curl", ["-q", ...words.slice(1)]);
    const read = readCurlCommand(words, { readFile: (path) => readFileSync(path), variables: {} });
    const { url, method, fields, body, host } = read;
    const place = read.placeOf(url);
    const stands = place === null ? null : { addresses: place.hosts, port: place.port };
    await diagnosisOf(site, [], { url, method, fields, body, host, place: stands });
    const [byCurl, ours, ...more] = site.requests.splice(0);
    assert.ok(byCurl !== undefined, `${command}: ${stderr}`);
    assert.deepEqual(ours, byCurl, command);
    assert.deepEqual(more, [], command);
    assert.deepEqual(read.notes, [], command);
  }
});

test("the words of a command are those that a shell passes on", async () => {
  const texts = [
    `curl 'a b' "c \\"d\\" \\\\ \\n $HOME e" f\\ g h\\"i`,
    `curl a'b'"c"d '' "" 'it'"'"'s'`,
    "curl a \\\n b\\\nc # no more\n",
    "curl 'x' > /dev/null 2>&1",
    "curl a 2> /dev/null b",
    "curl 'a|b' | cat",
    "curl a#b 'c;d' ; true",
    `curl "a\\\nb" 'c\\\nd'`,
  ];
  for (const text of texts) {
    const script = `curl() { printf '%s\\0' curl "$@" >&3; }; ${text}`;
    const { stdout, stderr } = await runCommand("sh", ["-c", `exec 3>&1; ${script}`], { env: { HOME: "/home/anna" } });
    assert.deepEqual(shellWords(text, { HOME: "/home/anna" }), stdout.split("\0").slice(0, -1), `${text}: ${stderr}`);
  }
});
