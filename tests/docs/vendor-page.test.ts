import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig } from "../../src/config/load.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import { formatHostPort } from "../../src/core/address.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";
import { fillLogin, type LoginValues, parseLoginTemplate } from "../../src/wire/login-template.ts";
import { VENDOR_IDS, VENDORS, vendorLogin } from "../../src/wire/login-template-vendors.ts";
import { MarkdownPage } from "./markdown-page.ts";

const page = new MarkdownPage("how-do-i-use-my-vendor.md");
const NOTHING: LoginValues = { session: null, country: null, city: null, minutes: null };

function fill(text: string, values: LoginValues): string {
  const template = parseLoginTemplate(text);
  assert.ok(template !== null && "groups" in template, text);
  return fillLogin(template, values)
    .replace(/[0-9a-f]{12}|(?<=_session-)[0-9a-f]{8}/, "SESSION")
    .replace(/(?<=-)\d{4,9}$/, "NUMBER");
}

/** Either of them is a template. */
function fillOne(text: string | null, values: LoginValues): string {
  return text?.includes("{") ? fill(text, values) : (text ?? "");
}

test("docs/how-do-i-use-my-vendor.md has every vendor, as its login is written", () => {
  const rows = page.tables("vendor", "usual endpoint", "login without wishes", "with country, city, a session of 30 minutes");
  const written = VENDOR_IDS.map((vendor) => {
    const { endpoint } = VENDORS[vendor];
    const login = vendorLogin(vendor, { username: "bob", password: "PASSWORD" });
    assert.ok(login !== null);
    const filled = (values: LoginValues) => `${fillOne(login.username, values)}:${fillOne(login.password, values)}`;
    const all = { session: "cart12", country: "de", city: "new york", minutes: 30 };
    return [vendor, endpoint === null ? "–" : formatHostPort(endpoint), filled(NOTHING), filled(all)];
  });
  assert.deepEqual(rows, written);
});

test("docs/how-do-i-use-my-vendor.md shows templates as they are filled", () => {
  const rows = page.tables("template", "asked for `country-de-session-a`", "asked for nothing");
  assert.ok(rows.length >= 5, `only ${rows.length} templates`);
  for (const [template = "", asked, nothing] of rows) {
    assert.deepEqual([fill(template, { ...NOTHING, country: "de", session: "a" }), fill(template, NOTHING)], [asked, nothing], template);
  }
});

const folder = mkdtempSync(join(tmpdir(), "goodgateway-vendor-page-"));
after(() => rmSync(folder, { recursive: true }));

test("docs/how-do-i-use-my-vendor.md shows lists and a config that load", () => {
  for (const block of page.blocks("exits")) {
    assert.deepEqual(parseExitList(block, { scheme: "http", tags: {}, where: { file: "page", line: 1 } }).errors, []);
  }
  const [yaml = ""] = page.blocks("yaml");
  const file = join(folder, "goodgateway.yaml");
  writeFileSync(file, yaml);
  const [source] = loadConfig({ file, flags: NO_FLAGS, env: { EXIT_PASSWORD: "a" } }).sources;
  assert.equal(source?.kind === "inline" && source.exits.length, 2);
});

test("docs/how-do-i-use-my-vendor.md names faults that there are", () => {
  const named = [...page.text.matchAll(/\[`([a-z]+\.[a-z_]+)`\]/g)].map(([, id = ""]) => id);
  assert.ok(named.length >= 7);
  for (const id of named) assert.ok(Object.hasOwn(FAULTS, id), id);
});
