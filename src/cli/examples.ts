/** What `--help` ends with, by command. */
export const SERVE_EXAMPLES = `
Examples:
  goodgateway serve --exits exits.txt           over the exits of a list
  goodgateway serve --direct                    without exits: all is explained
  goodgateway serve --config goodgateway.yaml   several lists, users, rules
  curl -x http://127.0.0.1:8502 https://site.example/
`;

export const RUN_EXAMPLES = `
Examples:
  goodgateway run --exits exits.txt -- python spider.py
  goodgateway run --exits exits.txt --log text -- curl -sS https://site.example/
`;

export const CHECK_EXAMPLES = `
Examples:
  goodgateway check socks5://192.0.2.1:1080           one proxy, in full
  goodgateway check proxies.txt --txt > good.txt      those that are alive
  goodgateway check proxies.txt --resume done.jsonl   go on after Ctrl-C
  curl -s https://site.example/ | goodgateway check --extract --alive
`;

export const JUDGE_EXAMPLES = `
Example:
  goodgateway judge --listen 0.0.0.0:8504 --key judge.pem
      prints what check wants as --judge
`;

export const DIAGNOSE_EXAMPLES = `
Examples:
  a site alone:
  goodgateway diagnose https://site.example/

  through a proxy, and without it; then through a chain, nearest hop first:
  goodgateway diagnose https://site.example/ --via http://192.0.2.10:8080
  goodgateway diagnose https://site.example/ \\
      --via socks5h://192.0.2.1:1080,http://192.0.2.2:8080

  a curl command as it is, and a page of what was found:
  goodgateway diagnose --html ticket.html \\
      -- curl -x http://192.0.2.10:8080 https://site.example/
`;

export const EXPLAIN_EXAMPLES = `
Examples:
  who made this answer:
  curl -i https://site.example/ 2>&1 | goodgateway explain

  what broke, and the setting to change; the same while it happens:
  goodgateway explain /var/log/nginx/error.log
  kubectl logs -f deploy/app | goodgateway explain -f

  what will be a 502 some day:
  goodgateway explain --config /etc/nginx/nginx.conf haproxy.cfg
`;
