const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** The last two digits of every id, made once. */
const PAIRS = Array.from({ length: 1024 }, (_, n) => (ALPHABET[n >> 5] as string) + (ALPHABET[n & 31] as string));
const STEMS = 1024;

/**
 * Ids of exchanges: Crockford base 32, nine digits of the start's milliseconds and four of a counter, so that they sort by time
 * and two gateways that start at different milliseconds never share one.
 */
export function exchangeIds(wallMs: number): () => string {
  let epoch = Math.floor(wallMs);
  let stems = 0;
  let stem = digits(epoch, 9) + (PAIRS[0] as string);
  let counter = 0;
  return () => {
    if (counter === PAIRS.length) {
      counter = 0;
      stems += 1;
      if (stems % STEMS === 0) epoch += 1;
      stem = digits(epoch, 9) + (PAIRS[stems % STEMS] as string);
    }
    return stem + (PAIRS[counter++] as string);
  };
}

function digits(value: number, count: number): string {
  let text = "";
  let left = value;
  for (let i = 0; i < count; i++) {
    text = (ALPHABET[left % 32] as string) + text;
    left = Math.floor(left / 32);
  }
  return text;
}
