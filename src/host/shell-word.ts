/** A word as it is typed in a shell: as it is, or in quotes where the shell would read more into it. */
export const shellWord = (word: string): string => (/^[\w./+:@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
