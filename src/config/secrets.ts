/** What stands in the place of a secret. */
export const HIDDEN = "(hidden)";

/** A URL without the password, and with the names but not the values of its query. */
export function hideUrlSecrets(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = HIDDEN;
  for (const key of [...url.searchParams.keys()]) url.searchParams.set(key, HIDDEN);
  return url.href;
}
