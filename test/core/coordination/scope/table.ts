import { readFileSync } from 'node:fs'

const DOCUMENT = readFileSync(new URL('../../../../docs/scopes.md', import.meta.url), 'utf8')

const cellOf = (text: string): string => {
  const quoted = /^`(.*)`$/.exec(text)?.[1] ?? text
  return quoted === ':/' ? '' : quoted
}

/** The rows of all tables with these headings in docs/scopes.md: what the readers see is what is tested. `:/` stands for the root. */
export const publishedRows = (headings: readonly string[]): string[][] => {
  const head = `| ${headings.join(' | ')} |`
  return DOCUMENT.split(head)
    .slice(1)
    .flatMap((part) => part.slice(0, part.search(/\n\n|$(?![^])/)).split('\n').slice(2).filter((line) => line.startsWith('| ')))
    .map((line) => line.slice(2, -2).split(' | ').map(cellOf))
}
