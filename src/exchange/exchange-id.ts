const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const COUNTER_DIGITS = 4;
const COUNTERS = 32 ** COUNTER_DIGITS;

/**
 * Ids of exchanges: Crockford base 32, nine digits of the start's milliseconds and four of a counter, so that they sort by time
 * and two gateways that start at different milliseconds never share one.
 */
export function exchangeIds(wallMs: number): () => string {
  let epoch = Math.floor(wallMs);
  let prefix = digits(epoch, 9);
  let counter = 0;
  return () => {
    if (counter === COUNTERS) {
      counter = 0;
      epoch += 1;
      prefix = digits(epoch, 9);
    }
    const id = prefix + digits(counter, COUNTER_DIGITS);
    counter += 1;
    return id;
  };
}

function digits(value: number, count: number): string {
  let text = "";
  let left = value;
  for (let i = 0; i < count; i++) {
    text = ALPHABET[left % 32] + text;
    left = Math.floor(left / 32);
  }
  return text;
}
