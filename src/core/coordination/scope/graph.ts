import type { Word } from './word.js'

export interface Branch {
  readonly symbol: number
  readonly node: number
}

export interface Graph {
  readonly start: number
  readonly nodes: readonly (readonly Branch[])[]
}

/** Symbols lie between -32 and 0x10ffff, so that branch and node fit one exact number. */
const SYMBOL_SPAN = 0x200000
const SYMBOL_OFFSET = 64

class GraphBuilder {
  readonly nodes: (readonly Branch[])[] = [[]]
  readonly #nodeByBranch = new Map<number, number>()
  readonly #nodeByBranches = new Map<string, number>()
  readonly #end: number

  constructor(end: number) {
    this.#end = end
  }

  /** The node from which exactly these words, each from the position on, are spelled. */
  nodeOf(words: readonly Word[], at: number): number {
    const [only = []] = words
    if (words.length === 1) return this.#chain(only, at)
    const wordsBySymbol = new Map<number, Word[]>()
    for (const word of words) {
      const symbol = word[at]
      if (symbol === undefined) return this.#end
      const group = wordsBySymbol.get(symbol)
      if (group === undefined) wordsBySymbol.set(symbol, [word])
      else group.push(word)
    }
    const branches = Array.from(wordsBySymbol, ([symbol, group]) => ({ symbol, node: this.nodeOf(group, at + 1) }))
    const [first] = branches
    if (first !== undefined && branches.length === 1) return this.#single(first.symbol, first.node)
    const key = branches.map(({ symbol, node }) => `${symbol}:${node}`).sort().join(' ')
    const known = this.#nodeByBranches.get(key)
    if (known !== undefined) return known
    this.#nodeByBranches.set(key, this.nodes.length)
    return this.nodes.push(branches) - 1
  }

  #chain(word: Word, at: number): number {
    let node = this.#end
    for (let index = word.length - 1; index >= at; index--) node = this.#single(word[index] ?? 0, node)
    return node
  }

  #single(symbol: number, node: number): number {
    const key = node * SYMBOL_SPAN + symbol + SYMBOL_OFFSET
    const known = this.#nodeByBranch.get(key)
    if (known !== undefined) return known
    this.#nodeByBranch.set(key, this.nodes.length)
    return this.nodes.push([{ symbol, node }]) - 1
  }
}

/**
 * The smallest graph that spells the words: common beginnings are one (a word that ends hides longer ones, which lie below it), and
 * so are equal endings, so that braces cost about as many nodes as they have characters. Node `end` (0) is where words end.
 */
export const graphOf = (words: readonly Word[], end: number): Graph => {
  const builder = new GraphBuilder(end)
  const start = builder.nodeOf(words, 0)
  return { start, nodes: builder.nodes }
}
