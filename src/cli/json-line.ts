const INERT = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu

const escape = (character: string): string => Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** JSON on one line in which no character controls a terminal: what JSON itself lets through (C1, bidi, invisible) is escaped too. The value is the same. */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replace(INERT, escape)
