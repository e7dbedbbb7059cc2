import { graphOf, type Branch } from './graph.js'
import { ANY, SLASH, type CharClass } from './charclass.js'
import { CLASS, END, GLOBSTAR, STAR, type Word } from './word.js'

/**
 * A nondeterministic automaton that reads a path one code point at a time, each segment followed by a `/`, and is in a state that accepts at
 * the end of each segment up to which it covers the path. From `FINAL` it reads anything and comes back: what is covered there is covered with
 * all below. From the other states that accept it may go on only where braces named something else below.
 * The edges of state s are `from[s]` up to `from[s + 1]`; a label is a code point, or a class as `CLASS - index`. No edge reads nothing.
 */
export interface Automaton {
  readonly size: number
  /** `FINAL` for the root, which covers everything. */
  readonly start: number
  readonly from: Int32Array
  readonly labels: Int32Array
  readonly targets: Int32Array
  readonly classes: readonly CharClass[]
  /** 1 for each state that accepts. */
  readonly accepts: Uint8Array
}

export const FINAL = 0

interface Edge {
  readonly label: number
  readonly target: number
}

/** Any character; class 0 of every automaton. */
const ANYTHING = CLASS

/** Turns graph nodes into states; those that a wildcard merges into their neighbour never become one. */
class AutomatonBuilder {
  readonly #nodes: readonly (readonly Branch[])[]
  readonly #stateByNode = new Map<number, number>()
  readonly edges: (readonly Edge[])[] = []
  readonly accepting: number[] = []

  constructor(nodes: readonly (readonly Branch[])[]) {
    this.#nodes = nodes
  }

  stateOf(node: number): number {
    const known = this.#stateByNode.get(node)
    if (known !== undefined) return known
    const state = this.#newState()
    this.#stateByNode.set(node, state)
    if (node === FINAL || this.#nodes[node]?.some(({ symbol }) => symbol === END) === true) this.accepting.push(state)
    this.edges[state] = node === FINAL ? this.#wholeSegments(state) : this.#edgesOf(node, state)
    return state
  }

  #newState(): number {
    return this.edges.push([]) - 1
  }

  /** What leaves a node. A node whose only branch is a wildcard loops itself; another needs a state for the loop. */
  #edgesOf(node: number, state: number | null): readonly Edge[] {
    const branches = this.#nodes[node] ?? []
    return branches.flatMap(({ symbol, node: next }) => {
      if (symbol === END) return []
      if (symbol !== STAR && symbol !== GLOBSTAR) return [{ label: symbol <= CLASS ? symbol - 1 : symbol, target: this.stateOf(next) }]
      const loop = branches.length === 1 && state !== null ? state : this.#newState()
      const repeated = symbol === STAR ? [{ label: ANYTHING, target: loop }] : this.#wholeSegments(loop)
      const edges = [...repeated, ...this.#edgesOf(next, null)]
      this.edges[loop] = edges
      return edges
    })
  }

  #wholeSegments(outside: number): readonly Edge[] {
    const inside = this.#newState()
    this.edges[inside] = [
      { label: ANYTHING, target: inside },
      { label: SLASH, target: outside }
    ]
    return [{ label: ANYTHING, target: inside }]
  }
}

/** The automaton that covers what any of the words covers; their class symbols are indexes of `classes`. */
export const automatonOf = (words: readonly Word[], classes: readonly CharClass[]): Automaton => {
  const { start, nodes } = graphOf(words, FINAL)
  const builder = new AutomatonBuilder(nodes)
  builder.stateOf(FINAL)
  return packed(builder.stateOf(start), builder, [ANY, ...classes])
}

const packed = (start: number, { edges, accepting }: AutomatonBuilder, classes: readonly CharClass[]): Automaton => {
  const from = new Int32Array(edges.length + 1)
  for (const [state, leaving] of edges.entries()) from[state + 1] = (from[state] ?? 0) + leaving.length
  const flat = edges.flat()
  const accepts = new Uint8Array(edges.length)
  for (const state of accepting) accepts[state] = 1
  return { size: edges.length, start, from, labels: Int32Array.from(flat, ({ label }) => label), targets: Int32Array.from(flat, ({ target }) => target), classes, accepts }
}

/** Covers every path. */
export const EVERYTHING = automatonOf([[]], [])
