/** Pages whose commands are run, so that what they show is true. */
export const GUIDES: readonly URL[] = ["500", "502", "503", "504", "403-429"].map(
  (name) => new URL(`../../../docs/${name}.md`, import.meta.url),
);
