/** How an exit list is written: one exit a line, or as another program has its own. */
export const LIST_FORMATS = ["auto", "lines", "proxychains", "glider", "mubeng", "scrapoxy"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];
