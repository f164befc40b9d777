/** A database that knows one value for the lower half of all IPv4 addresses, and nothing for the upper one. */
export function geoDatabase(value: unknown): Buffer {
  const nodes = 1;
  const left = nodes + 16; // the first value behind the separator
  const tree = Buffer.of(0, 0, left, 0, 0, nodes);
  const metadata = encode({ node_count: nodes, record_size: 24, ip_version: 4, database_type: "Lab" });
  return Buffer.concat([tree, Buffer.alloc(16), encode(value), Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"), metadata]);
}

/** A value as the format of MaxMind's databases has it: control byte, size, content. */
function encode(value: unknown): Buffer {
  if (typeof value === "string") return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") return Buffer.concat([control(6, 4), Buffer.of(value >>> 24, value >> 16, value >> 8, value)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])]);
}

function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.of((type << 5) | size) : Buffer.of((type << 5) | 29, size - 29);
}
