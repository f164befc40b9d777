/** Reads the files that an `include` names; may be none. */
export type Include = (pattern: string) => readonly { readonly file: string; readonly text: string }[];

/** A file that cannot be read as a config. */
export class BadConfigFile extends Error {
  override readonly name = "BadConfigFile";
}

/** Includes within includes, and blocks within blocks. */
export const DEPTH_MAX = 32;

/** Includes as they are asked for, until they are too many: a few in each file are very many at the greatest depth. */
export function boundInclude(file: string, include: Include): Include {
  let files = 0;
  return (pattern) => {
    const found = include(pattern);
    files += found.length;
    if (files > INCLUDED_FILES_MAX) throw new BadConfigFile(`${file}: more than ${INCLUDED_FILES_MAX} files are included`);
    return found;
  };
}

const INCLUDED_FILES_MAX = 1000;
