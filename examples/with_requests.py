"""Requests through a gateway that runs, and who broke what: with_requests.py PROXY URL..."""

import sys

import requests

proxy, *urls = sys.argv[1:]
session = requests.Session()
session.trust_env = False  # no other proxy of the environment
session.proxies = {"http": proxy, "https": proxy}

for url in urls:
    try:
        answer = session.get(url, timeout=90)
    except requests.exceptions.ProxyError as error:
        # A refused CONNECT: its reason phrase says who broke.
        print(f"{url} failed: {error}")
        continue
    print(f"{url} {answer.status_code} {answer.headers.get('Proxy-Status', '')}".rstrip())
