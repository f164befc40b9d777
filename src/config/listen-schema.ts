import { z } from "zod";
import type { ListenItem } from "./file.ts";
import { expected, onOff, text } from "./schema-values.ts";

const port = z.int().min(0).max(65535, "a port is a number from 0 to 65535");
/** The grammar of `users`. */
export const users: z.ZodType<Readonly<Record<string, string>>> = z
  .record(text, text)
  .describe(`Name to password: in clear, from the environment (\${NAME}), or scrypt:SALT:HASH.`);
/** The grammar of `allow`. */
export const allow: z.ZodType<readonly string[]> = z.array(text).describe("Networks (192.0.2.0/24) or addresses that may connect.");

const PARAM = expected("a value, a list of them, or { header: NAME }");
const paramValue = z.union([text, z.number(), z.array(z.union([text, z.number()], PARAM)), z.strictObject({ header: text })], PARAM);

const listenObject = z.strictObject({
  address: z.union([text, port], expected("an address such as 127.0.0.1:8502")).describe("host:port.").exactOptional(),
  tls: z
    .strictObject({ cert: text.describe("PEM file."), key: text.describe("PEM file.") })
    .describe("TLS towards clients.")
    .exactOptional(),
  users: users.exactOptional(),
  allow: allow.exactOptional(),
  allowPlaintextHttps: onOff.describe("Serve GET https:// in clear text off loopback.").exactOptional(),
  params: z
    .record(z.string(), paramValue)
    .describe("What its clients ask for without saying so: keys of a user name; session may be port, client or { header }.")
    .exactOptional(),
});

/** The grammar of an item of `listen`. */
export const listenItem: z.ZodType<ListenItem> = z.union([text, port, listenObject], expected("an address such as 127.0.0.1:8502"));
