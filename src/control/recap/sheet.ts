import { estimateTokens } from './tokens.js'

/** One open thing, in the two lengths in which it can be told. Both are made only when there is room to look at it. */
export interface RecapItem {
  readonly id: string
  /** Whole, maybe on several lines. */
  full(): string
  /** What it is and who is concerned: where the whole does not fit. */
  short(): string
}

/** In the order in which the budget is spent. */
export const RECAP_CLASSES = ['directives', 'owe', 'mine', 'left', 'owed', 'decisions', 'others'] as const

/** Open things of one class, those first that are to be told first. */
export interface RecapClass {
  readonly name: (typeof RECAP_CLASSES)[number]
  readonly title: string
  /** The command that lists all of them. */
  readonly command: string
  readonly items: readonly RecapItem[]
}

export interface FilledClass {
  readonly class: RecapClass['name']
  readonly total: number
  readonly command: string
  readonly shown: readonly { readonly id: string; readonly text: string }[]
}

const headline = ({ title, command, items }: RecapClass, shown: number): string =>
  shown === items.length ? `${title}: ${shown}` : `${title}: ${shown} of ${items.length} here, all with: ${command}`

/** A line break is a token, and two lines are never one word. */
const costOfLines = (text: string): number => estimateTokens(text) + 1

const INDENT = 2

const indented = (text: string): string => `${' '.repeat(INDENT)}${text.replaceAll('\n', `\n${' '.repeat(2 * INDENT)}`)}`

/** What of one class has been given room, and in which form. */
interface Filling {
  readonly class: RecapClass
  readonly texts: string[]
}

/** All items in short, or null where they do not fit. */
const allInShort = ({ items }: RecapClass, room: number): readonly string[] | null => {
  const texts: string[] = []
  let left = room
  for (const item of items) {
    const text = indented(item.short())
    left -= costOfLines(text)
    if (left < 0) return null
    texts.push(text)
  }
  return texts
}

/** The first items whole, or in short where that is all that fits. */
const asManyAsFit = ({ items }: RecapClass, room: number): readonly string[] => {
  const texts: string[] = []
  let left = room
  for (const item of items) {
    const text = [item.full, item.short].map(form => indented(form())).find(form => costOfLines(form) <= left)
    if (text === undefined) break
    left -= costOfLines(text)
    texts.push(text)
  }
  return texts
}

const costOfAll = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + costOfLines(text), 0)

/** Tells items whole that were told in short, the first ones first, as far as there is room. */
const tellMore = (fillings: readonly Filling[], room: number): void => {
  let left = room
  for (const { class: { items }, texts } of fillings) {
    for (const [at, short] of texts.entries()) {
      const full = indented(items[at]?.full() ?? '')
      const more = costOfLines(full) - costOfLines(short)
      if (more > left) return
      texts[at] = full
      left -= more
    }
  }
}

/**
 * Lays classes out under a head so that all of it takes at most `budget` tokens. What every class has to say at least, its count and the
 * command that lists it, is set aside first. Then class by class takes its room: all of its items in short or, where even those are too many, as
 * many as fit. What is left over tells the first ones whole.
 */
export const fillSheet = (head: string, classes: readonly RecapClass[], budget: number): { readonly text: string; readonly tokens: number; readonly classes: readonly FilledClass[] } => {
  const open = classes.filter(({ items }) => items.length > 0)
  let left = budget - costOfAll([head, ...open.map(each => headline(each, each.items.length - 1))])
  const fillings = open.map((each): Filling => {
    const texts = [...(allInShort(each, left) ?? asManyAsFit(each, left))]
    left -= costOfAll(texts)
    return { class: each, texts }
  })
  tellMore(fillings, left)
  const text = [head, ...fillings.flatMap(({ class: each, texts }) => [headline(each, texts.length), ...texts])].join('\n')
  const filled = fillings.map(({ class: { name, items, command }, texts }) => ({ class: name, total: items.length, command, shown: texts.map((told, at) => ({ id: items[at]?.id ?? '', text: told.slice(INDENT) })) }))
  return { text, tokens: estimateTokens(text), classes: filled }
}
