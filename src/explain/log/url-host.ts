/** Host and port of a URL, with or without its scheme, and without user and password; null where there is none. */
export function hostOf(url: string | null): string | null {
  return url === null ? null : (HOST.exec(url)?.[1] ?? null);
}

const HOST = /^(?:\w+:\/\/)?(?:[^/?#]*@)?(\[[^\]]+\](?::\d+)?|[^/?#]+)/;
