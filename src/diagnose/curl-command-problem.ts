/** What keeps a curl command from being read, in words that quote no value of it. */
export class BadCommand extends Error {}
