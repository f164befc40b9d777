import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { defaultConfig } from "../../src/config/defaults.ts";
import { type ConfigText, explainConfigs } from "../../src/explain/config/explain-config.ts";
import { BadConfigFile } from "../../src/explain/config/includes.ts";

function config(file: string, text: string, more: Partial<ConfigText> = {}): ConfigText {
  return { file, text, include: () => [], load: defaultConfig, ...more };
}

function found(...texts: readonly ConfigText[]): string[] {
  return explainConfigs(texts).findings.map(({ where, what }) => `${where.line} ${what}`);
}

const apache = (...lines: readonly string[]) => config("site.conf", ["<VirtualHost *:80>", ...lines, "</VirtualHost>"].join("\n"));
/** Without the finding that any kept connection has. */
const KEPT = "ttl=4";

test("Apache: a config is known by its directives, and one without backends has nothing to find", () => {
  const { files, findings } = explainConfigs([apache("DocumentRoot /srv/www", "KeepAliveTimeout 5")]);
  assert.deepEqual([files[0]?.kind, findings], ["apache", []]);
});

test("Apache: a URL without the slash that its path has", () => {
  assert.deepEqual(found(apache(`ProxyPass / http://10.0.0.2:8080 ${KEPT}`)), [
    "2 ProxyPass / to http://10.0.0.2:8080, without a slash at its end.",
  ]);
  assert.deepEqual(found(apache(`ProxyPass /app http://10.0.0.2:8080 ${KEPT}`, `ProxyPass / http://10.0.0.2:8080/ ${KEPT}`)), []);
  assert.deepEqual(found(apache(`ProxyPass "/" "http://10.0.0.2:8080/" ${KEPT}`, "ProxyPass /static !")), []);
});

test("Apache: TLS to backends without its engine, to an address, and under the client's name", () => {
  const pass = (host: string) => `ProxyPass / https://${host}/ ${KEPT} addressttl=30`;
  assert.deepEqual(found(apache(pass("api.example"))), ["2 ProxyPass to https://api.example without SSLProxyEngine."]);
  assert.deepEqual(found(apache("SSLProxyEngine on", pass("api.example"))), []);
  assert.deepEqual(found(apache(pass("api.example"), "<Proxy *>", "SSLProxyEngine on", "</Proxy>")), []);
  assert.deepEqual(found(apache("SSLProxyEngine on", pass("10.0.0.2"))), ["3 ProxyPass to the address https://10.0.0.2 by TLS."]);
  assert.deepEqual(found(apache("SSLProxyEngine on", "SSLProxyCheckPeerName off", pass("10.0.0.2"))), []);
  assert.deepEqual(found(apache("SSLProxyEngine on", "ProxyPreserveHost On", pass("api.example"))), [
    "4 ProxyPass to https://api.example with ProxyPreserveHost on.",
  ]);
});

test("Apache: kept connections, names that are looked up once, small fields", () => {
  assert.deepEqual(found(apache("ProxyPass / http://10.0.0.2/")), ["2 Connections to backends are kept without a limit of time."]);
  assert.deepEqual(found(apache("ProxyPass / http://10.0.0.2/", "SetEnv proxy-initial-not-pooled 1")), []);
  assert.deepEqual(found(apache(`ProxyPass / http://app.internal/ ${KEPT}`)), ["2 ProxyPass to the name app.internal."]);
  assert.deepEqual(found(apache("ProxyPass / http://app.internal/ disablereuse=on")), []);
  assert.deepEqual(found(apache(`ProxyPass / http://10.0.0.2/ ${KEPT} responsefieldsize=4096`, "LimitRequestFieldSize 4094")), [
    "2 responsefieldsize is 4096.",
    "3 LimitRequestFieldSize is 4094.",
  ]);
});

test("Apache: members of a balancer that may take as long to connect as to answer, and modules that are not there", () => {
  const members = [
    "<Proxy balancer://app>",
    "BalancerMember http://10.0.0.2",
    "BalancerMember http://10.0.0.3",
    `ProxySet ${KEPT}`,
    "</Proxy>",
  ];
  assert.deepEqual(found(apache("Timeout 300", ...members, "ProxyPass / balancer://app/")), [
    "4 The members of balancer://app may take 60 s to connect.",
  ]);
  const modules = "LoadModule proxy_module m/mod_proxy.so\nLoadModule proxy_http_module m/mod_proxy_http.so\n";
  const text = `${modules}ProxyPass / http://10.0.0.2/ ${KEPT}\nProxyPass /php fcgi://10.0.0.2/srv\n`;
  assert.deepEqual(found(config("httpd.conf", text)), ["4 fcgi: is asked for, and proxy_fcgi_module is not loaded."]);
});

test("Apache: its limits are rungs of the ladder, and its keep-alive one of the race with whoever is in front", () => {
  const inner = apache("ProxyTimeout 120", `ProxyPass / http://10.0.0.2/ ${KEPT}`);
  const nginx =
    'events {}\nhttp {\nupstream app { server 10.0.0.1; server 10.0.0.9; keepalive 8; }\nserver {\nlocation / {\nproxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app;\n}\n}\n}\n';
  const told = explainConfigs([config("nginx.conf", nginx), inner]).findings.map(
    ({ where, what }) => `${where.file}:${where.line} ${what}`,
  );
  assert.deepEqual(told, [
    "nginx.conf:6 nginx proxy_read_timeout (default) is 60 s, and behind it Apache ProxyTimeout is 120 s.",
    "site.conf:1 Apache KeepAliveTimeout (default) is 5 s, and in front of it nginx keepalive_timeout of app is 60 s.",
  ]);
  const longer = apache("KeepAliveTimeout 65", "ProxyTimeout 30", `ProxyPass / http://10.0.0.2/ ${KEPT}`);
  assert.deepEqual(found(config("nginx.conf", nginx), longer), []);
});

test("HAProxy behind nginx: what ends its clients' idle connections is held against how long nginx keeps them", () => {
  const nginx =
    'events {}\nhttp {\nupstream app { server 10.0.0.1; server 10.0.0.9; keepalive 8; }\nserver { location / { proxy_read_timeout 10s; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app; } }\n}\n';
  const haproxy = (timeouts: string) =>
    config(
      "haproxy.cfg",
      `defaults\n timeout connect 5s\n timeout server 5s\n${timeouts}\nlisten app\n bind :80\n server a 10.0.0.2:80 check\n`,
    );
  assert.deepEqual(found(config("nginx.conf", nginx), haproxy(" timeout client 50000")), [
    "4 HAProxy timeout client is 50 s, and in front of it nginx keepalive_timeout of app is 60 s.",
  ]);
  assert.deepEqual(found(config("nginx.conf", nginx), haproxy(" timeout client 50000\n timeout http-keep-alive 2m")), []);
});

test("Apache: continued lines, quotes, comments, Define and includes are read as Apache reads them, and what is not closed is told with its line", () => {
  const text = [
    "# ProxyPass / https://nowhere",
    'Define BACKEND "https://10.0.0.2/"',
    "IncludeOptional sites/*.conf",
    "<IfModule mod_ssl.c>",
    "SSLProxyEngine \\",
    "  on",
    "</IfModule>",
  ].join("\n");
  const include = () => [{ file: "sites/a.conf", text: `ProxyPass "/" "\${BACKEND}" \\\n  ttl=4\n` }];
  const { findings } = explainConfigs([config("apache2.conf", text, { include })]);
  assert.deepEqual(
    findings.map(({ where, what }) => [where, what]),
    [[{ file: "sites/a.conf", line: 1 }, "ProxyPass to the address https://10.0.0.2 by TLS."]],
  );
  const fails = (broken: string, words: RegExp) =>
    assert.throws(
      () => explainConfigs([config("apache2.conf", broken)]),
      (error) => error instanceof BadConfigFile && words.test(error.message),
    );
  fails("A\n<Directory />\n", /apache2\.conf:2: the <directory> here is never closed/);
  fails("</Location>\n", /apache2\.conf:1: a <\/location> that closes nothing/);
  const around = { include: () => [{ file: "self.conf", text: "Include self.conf" }] };
  assert.throws(() => explainConfigs([config("apache2.conf", "Include self.conf", around)]), /more than 32 includes within one another/);
});

test("Apache: whatever stands in a config, it is read or refused", () => {
  const pieces = ["<Proxy balancer://a>", "</Proxy>", "ProxyPass / http://a", "\\", '"', "BalancerMember x", "Timeout 5", "\n", " "];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (some) => {
      try {
        return explainConfigs([config("apache2.conf", some.join("\n"))]).kind === "configs";
      } catch (error) {
        return error instanceof BadConfigFile;
      }
    }),
  );
});

const PACKAGED = globSync("/etc/apache2/**/*.conf");

test("Apache: nothing is found in the configs of Debian's package", { skip: PACKAGED.length === 0 && "apache2 is not installed" }, () => {
  for (const file of PACKAGED) {
    const text = readFileSync(file, "utf8");
    const include = (pattern: string) =>
      globSync(resolve(dirname(file), pattern)).map((one) => ({ file: one, text: readFileSync(one, "utf8") }));
    assert.deepEqual(explainConfigs([config(file, text, { include })]).findings, [], file);
  }
});
