/** Cut into lines of at most `width` characters, between words where that can be; a longer word is cut. At least one line. */
export const wrapText = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line: string[] = []
  const end = (): void => {
    lines.push(line.join('').trimEnd())
    line = []
  }
  for (const word of text.match(/\S+\s*|\s+/gu) ?? []) {
    let characters = Array.from(word)
    if (line.length > 0 && line.length + word.trimEnd().length > width) end()
    while (characters.length > width && characters.slice(width).join('').trim() !== '') {
      lines.push(characters.slice(0, width).join(''))
      characters = characters.slice(width)
    }
    line.push(...characters)
  }
  end()
  return lines
}

/** The text beside `first`, later lines under it. */
export const hanging = (first: string, text: string, columns: number): string => {
  const [head = '', ...rest] = wrapText(text, Math.max(20, columns - first.length))
  const indent = ' '.repeat(first.length)
  return [`${first}${head}`, ...rest.map(line => `${indent}${line}`)].join('\n')
}
