import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";

/** What a name server answers: addresses (those of the family asked for; none of it: NODATA), an rcode, or nothing at all. */
export type DnsRecord = readonly string[] | "NXDOMAIN" | "SERVFAIL" | "REFUSED" | "silence";

export interface DnsServer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** Every question so far, as `A name` or `AAAA name`. */
  readonly questions: string[];
}

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const TYPES: Readonly<Record<number, "A" | "AAAA">> = { 1: "A", 28: "AAAA" };

/** A name server on UDP whose every answer is decided by `tell`; null is NXDOMAIN. */
export async function startDnsServer(
  tell: (name: string, type: "A" | "AAAA") => DnsRecord | null | Promise<DnsRecord | null>,
  ttlS = 60,
): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  socket.on("message", async (query, peer) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${type} ${name}`);
    const record = (await tell(name, type)) ?? "NXDOMAIN";
    if (record !== "silence" && open) socket.send(writeAnswer(query.subarray(0, end), type, record, ttlS), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  let open = true;
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: "A" | "AAAA"; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? "A", end: at + 5 };
}

function writeAnswer(question: Buffer, type: "A" | "AAAA", record: Exclude<DnsRecord, "silence">, ttlS: number): Buffer {
  const addresses = typeof record === "string" ? [] : record.filter((address) => isIPv4(address) === (type === "A"));
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | (typeof record === "string" ? RCODES[record] : 0), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const answers = addresses.map((address) => {
    const data = type === "A" ? Buffer.from(address.split(".").map(Number)) : ipv6Bytes(address);
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc00c, 0);
    fixed.writeUInt16BE(type === "A" ? 1 : 28, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(ttlS, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([head, ...answers]);
}

function ipv6Bytes(address: string): Buffer {
  const [left = [], right = []] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join(""), "hex");
}
