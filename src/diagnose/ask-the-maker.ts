import { identify } from "../blame/fingerprints.ts";
import type { TestResult } from "./question.ts";

/**
 * What the owner of the gateway that made a 5xx looks at, by what such a gateway means by that status; null: nothing tells which one made
 * it, or it means nothing in particular.
 */
export function tellOwner({ status, answer, excerpt, attributed }: TestResult): string | null {
  if (status === null || answer === null || attributed?.fault.id !== "relay.edge_5xx") return null;
  const maker = identify(status, answer.fields, excerpt ?? "").find(({ made }) => made);
  return maker === undefined ? null : (WORDS[FAMILY[maker.id] ?? maker.id]?.[status] ?? null);
}

const FAMILY: Readonly<Record<string, string>> = { openresty: "nginx", angie: "nginx", tengine: "nginx" };

const WORDS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  nginx: {
    502: "Read nginx's error.log (goodgateway explain /var/log/nginx/error.log): 'connect() failed' is an application that does not run or listens elsewhere than proxy_pass says, 'prematurely closed' one that crashed or closes idle connections too early, 'too big header' a proxy_buffer_size that is too small.",
    503: "Look for limit_req, limit_conn or return 503 in nginx's configuration: of a backend that is down it makes a 502.",
    504: "Find what is slow in the application, or raise proxy_read_timeout (60 s unless set); 'while connecting to upstream' in nginx's error.log is an application that does not take connections.",
  },
  haproxy: {
    502: "Read the termination state in HAProxy's log: PH is an answer that it does not take, SH a server that closed before its answer was whole.",
    503: "Look which servers of that backend are up (show servers state on the stats socket); the termination state in HAProxy's log says whether one refused (SC), did not take the connection in time (sC), or had no place in its queue (sQ).",
    504: "Find what is slow on the server, or raise timeout server (sH in HAProxy's log).",
  },
  apache: {
    502: "Read Apache's error_log: 'Error reading from remote server' is a backend that closed the connection; if only now and then, one that closes idle connections earlier than ProxyPass's ttl=.",
    503: "Read Apache's error_log: AH00957 or AH01114 is a backend that refuses connections, which is then left alone for retry= seconds (60 unless set).",
    504: "Find what is slow in the backend, or raise ProxyTimeout, or timeout= of ProxyPass.",
  },
  varnish: {
    503: "Read FetchError in varnishlog -g request -q 'RespStatus == 503', and look at the backend's health with varnishadm backend.list.",
  },
  caddy: {
    502: "Read the error in Caddy's log: 'connection refused' is an application that does not run or listens elsewhere than reverse_proxy says.",
    503: "Read the error in Caddy's log: 'no upstreams available' are backends that its health checks have taken out.",
    504: "Find what is slow in the application, or raise response_header_timeout.",
  },
  traefik: {
    502: "Look at the service's servers (docker or kubectl logs of the application): one that refuses, or a port label that is not the one the application listens on.",
    503: "Look at the service: Traefik has no healthy server for it.",
    504: "Look whether Traefik and the application share a network: it did not take the connection, or was too slow.",
  },
  "aws-alb": {
    502: "Have the target keep idle connections longer than the load balancer's idle timeout (60 s unless set), and look for crashes; target_status_code in the access log is - then.",
    503: "Register a target in the target group: it has none that is in use.",
    504: "Look at the target's security group and at what is slow: it did not answer within the idle timeout (60 s unless set).",
  },
  cloudflare: {
    521: "Start the origin's web server, and let Cloudflare's addresses in at its firewall.",
    522: "Let Cloudflare's addresses in at the origin's firewall, and look at its load: it does not take connections.",
    523: "Correct the origin's address in Cloudflare's DNS, or the route to it.",
    524: "Have long work done in the background: the origin took longer than Cloudflare waits for an answer.",
    525: "Look at TLS on the origin: a certificate on port 443, and a cipher that both have.",
    526: "Renew the origin's certificate, or do without the mode Full (strict).",
  },
};
