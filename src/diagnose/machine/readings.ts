import type { Correction } from "./correction.ts";

/** Nothing but the program itself can have it so. */
const READ_HERE = 0.95;
/** What else could keep a machine from answering itself is not known; a table may have changed since. */
const EXCLUDED = 0.85;
/** It stays open which of two. */
const OPEN = 0.6;

const WHOLE_MACHINE = "not the network: the port is one of this machine";

/** @param waiting connections that nobody has accepted @param isFull so many that the kernel takes no more */
export function doesNotAccept(port: number, waiting: number, isFull: boolean): Correction {
  const why = isFull ? "its queue is full" : "they wait in its queue";
  return {
    ...{ culprit: "hop", confidence: READ_HERE, whyNot: WHOLE_MACHINE, nextTest: null },
    summary: `The program on port ${port} of this machine does not accept connections: ${why}.`,
    evidence: `/proc/net/tcp: ${waiting} connection${waiting === 1 ? " waits" : "s wait"} to be accepted on port ${port}`,
    fix: {
      client: `No other way helps as long as the program on port ${port} does not accept: restart it, or wait until it has caught up.`,
      operator: `Find the program (ss -ltnp 'sport = :${port}') and what it hangs in, or give it more workers; where it is only slow at times, raise its backlog, and net.core.somaxconn with it.`,
    },
  };
}

/** Nobody is there to be slow: packets that go nowhere on one machine are dropped by its own rules. */
export function droppedHere(port: number): Correction {
  const client = `Let port ${port} through the firewall of this machine (nft list ruleset; iptables-save).`;
  return {
    ...{ culprit: "network", confidence: EXCLUDED, whyNot: null, nextTest: null },
    summary: `Port ${port} of this machine did not answer TCP in time, and no queue is full there: a firewall of this machine drops it.`,
    evidence: `/proc/net/tcp: no connection waits to be accepted on port ${port}`,
    fix: { client, operator: client },
  };
}

/** Without a socket the kernel would refuse: some rule is in between, and only the rules say which. */
export function ledOnOrDropped(port: number): Correction {
  const client = `Look at the rules for port ${port} on this machine (nft list ruleset; iptables-save), and at the container that it belongs to.`;
  return {
    ...{ culprit: "network", confidence: OPEN, whyNot: null },
    summary: `Port ${port} of this machine did not answer TCP in time, and nobody listens there: a firewall of this machine drops it, or a rule leads it on to a container or a machine that is silent.`,
    evidence: `/proc/net/tcp: no socket listens on port ${port}`,
    fix: { client, operator: client },
    nextTest: "the container, or the machine that the port is led on to, at its own address",
  };
}

/** @param shown where a program does listen @param what in which respect it is another place @param ask where it can be asked */
export function listensElsewhere(
  asked: string,
  { shown, what, ask, any }: Readonly<Record<"shown" | "what" | "ask" | "any", string>>,
): Correction {
  return {
    // A socket of `::` may take IPv4 too, which only a rule that rejects would hide.
    ...{ culprit: null, confidence: shown.includes("[::]:") ? EXCLUDED : READ_HERE, whyNot: WHOLE_MACHINE, nextTest: null },
    summary: `Nobody listens at ${asked} of this machine: a program listens on ${shown}, ${what}.`,
    evidence: `/proc/net/tcp: a socket listens on ${shown}`,
    fix: { client: `${ask}.`, operator: `Let the program listen on ${any} too.` },
  };
}

/** A rule that rejects, or a program that has come up between the test and the look. */
export function refusedAllTheSame(port: number, shown: string): Correction {
  return {
    ...{ culprit: null, confidence: OPEN, whyNot: null },
    summary: `Port ${port} of this machine refuses TCP although a program listens on ${shown}: a firewall rejects it, or the program came up since.`,
    evidence: `/proc/net/tcp: a socket listens on ${shown}`,
    fix: {
      client: "Ask again: a program that has come up answers now.",
      operator: `If it still refuses, let port ${port} through the firewall of this machine (nft list ruleset; iptables-save).`,
    },
    nextTest: "the same again: a program that has come up answers, a firewall still rejects",
  };
}

/** @param held what the hosts file says of the name @param served what the name servers say */
export function heldName(name: string, held: readonly string[], served: readonly string[], port: number): Correction {
  const [address = ""] = served;
  const at = `${name}:${port}:${address.includes(":") ? `[${address}]` : address}`;
  return {
    ...{ culprit: "dns", confidence: EXCLUDED, whyNot: null },
    summary: `${held.join(", ")} does not serve ${name}, and is only what /etc/hosts of this machine has for it: the name servers say ${served.join(", ")}.`,
    evidence: `/etc/hosts: ${held.join(", ")} for ${name}; the name servers: ${served.join(", ")}`,
    fix: {
      client: `Correct or remove the line for ${name} in /etc/hosts.`,
      operator: `Correct or remove the line for ${name} in /etc/hosts of the machines that have it.`,
    },
    nextTest: `the site where the name servers have it: goodgateway diagnose -- curl --resolve ${at} URL`,
  };
}
