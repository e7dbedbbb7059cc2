import { stripVTControlCharacters } from 'node:util'

const shownLength = (text: string): number => Array.from(stripVTControlCharacters(text)).length

/** Words in lines of at most `width` characters, the second and later ones indented; a longer word stands alone. */
export const wrapWords = (text: string, width: number, indent = 0): string => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const room = lines.length === 0 ? width : width - indent
    if (line !== '' && shownLength(line) + 1 + shownLength(word) > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}

/** Every line of a text moved to the right. */
export const indented = (text: string, columns: number): string => text.replaceAll('\n', `\n${' '.repeat(columns)}`).replace(/^/, ' '.repeat(columns))
