import { ALL_BELOW, NOTHING, readingOf, type Place, type Reading } from './reading.js'
import type { PathScope, Scope } from './scope.js'

interface Node<T> {
  readonly children: Map<string, Node<T>>
  /** Of scopes that reach below. By the scope's text: one value may stand here under several scopes. */
  readonly valuesByText: Map<string, Set<T>>
  /** Of scopes that are this one file; null before the first. */
  filesByText: Map<string, Set<T>> | null
}

interface Repository<T> {
  readonly paths: Node<T>
  readonly names: Map<string, Set<T>>
}

const emptyNode = <T>(): Node<T> => ({ children: new Map(), valuesByText: new Map(), filesByText: null })

const addTo = <T>(valuesByText: Map<string, Set<T>>, text: string, value: T): void => {
  const values = valuesByText.get(text)
  if (values === undefined) valuesByText.set(text, new Set([value]))
  else values.add(value)
}

const removeFrom = <T>(valuesByText: Map<string, Set<T>>, text: string, value: T): void => {
  const values = valuesByText.get(text)
  if (values?.delete(value) === true && values.size === 0) valuesByText.delete(text)
}

/**
 * Finds what may overlap a scope without a scan: two scopes can only overlap where one's literal leading segments begin the other's, and
 * a pattern is read along what is kept, so that whole folders that it never enters are left out.
 * Gives a superset; `overlap` decides. What is removed leaves nothing behind. Do not change the index while going through candidates.
 */
export class ScopeIndex<T> {
  readonly #repositories = new Map<string, Repository<T>>()

  /** The same value under the same scope twice is once. */
  add(repository: string, scope: Scope, value: T): void {
    const { paths, names } = this.#repositories.get(repository) ?? this.#found(repository)
    if (scope.type === 'name') {
      addTo(names, scope.text, value)
      return
    }
    let node = paths
    for (const segment of scope.prefix) {
      const child = node.children.get(segment) ?? emptyNode()
      node.children.set(segment, child)
      node = child
    }
    addTo(isFile(scope) ? (node.filesByText ??= new Map()) : node.valuesByText, scope.text, value)
  }

  remove(repository: string, scope: Scope, value: T): void {
    const found = this.#repositories.get(repository)
    if (found === undefined) return
    if (scope.type === 'name') removeFrom(found.names, scope.text, value)
    else removeBelow(found.paths, scope, 0, value)
    if (found.names.size === 0 && isEmpty(found.paths)) this.#repositories.delete(repository)
  }

  /** Each value that may overlap, once. */
  *candidates(repository: string, scope: Scope): IterableIterator<T> {
    const found = this.#repositories.get(repository)
    if (found === undefined) return
    const given = new Set<T>()
    for (const values of scope.type === 'name' ? [found.names.get(scope.text) ?? []] : valuesAround(found.paths, scope)) {
      for (const value of values) {
        if (given.has(value)) continue
        given.add(value)
        yield value
      }
    }
  }

  #found(repository: string): Repository<T> {
    const found = { paths: emptyNode<T>(), names: new Map<string, Set<T>>() }
    this.#repositories.set(repository, found)
    return found
  }
}

const isFile = ({ literal, withBelow }: PathScope): boolean => literal !== null && !withBelow

const isEmpty = <T>({ children, valuesByText, filesByText }: Node<T>): boolean => children.size === 0 && valuesByText.size === 0 && filesByText === null

const removeBelow = <T>(node: Node<T>, scope: PathScope, depth: number, value: T): void => {
  const segment = scope.prefix[depth]
  if (segment === undefined) {
    if (!isFile(scope)) removeFrom(node.valuesByText, scope.text, value)
    else if (node.filesByText !== null) removeFrom(node.filesByText, scope.text, value)
    if (node.filesByText?.size === 0) node.filesByText = null
    return
  }
  const child = node.children.get(segment)
  if (child === undefined) return
  removeBelow(child, scope, depth + 1, value)
  if (isEmpty(child)) node.children.delete(segment)
}

/** What stands on the way to the scope's prefix, at it, and below it as far as the scope reaches. */
function* valuesAround<T>(root: Node<T>, scope: PathScope): IterableIterator<Iterable<T>> {
  let node = root
  for (const segment of scope.prefix) {
    yield* node.valuesByText.values()
    const child = node.children.get(segment)
    if (child === undefined) return
    node = child
  }
  if (scope.literal === null) yield* valuesMet(node, scope)
  else if (scope.withBelow) yield* valuesBelow(node)
  else yield* valuesAt(node)
}

function* valuesAt<T>({ valuesByText, filesByText }: Node<T>): IterableIterator<Iterable<T>> {
  yield* valuesByText.values()
  if (filesByText !== null) yield* filesByText.values()
}

const NONE: readonly never[] = []

/** At a place from which the reading goes on: what reaches below may be met there, a file only where it is covered itself. */
const valuesTouched = <T>({ valuesByText, filesByText }: Node<T>, place: Place, reading: Reading): Iterable<Iterable<T>> => {
  const files = filesByText !== null && reading.accepts(place) ? filesByText : null
  if (files === null) return valuesByText.size === 0 ? NONE : valuesByText.values()
  return valuesByText.size === 0 ? files.values() : [...valuesByText.values(), ...files.values()]
}

function* valuesMet<T>(root: Node<T>, scope: PathScope): IterableIterator<Iterable<T>> {
  const reading = readingOf(scope.automaton())
  const waiting = [{ node: root, place: scope.prefix.length === 0 ? reading.start : reading.after(reading.start, scope.prefix.join('/')) }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, place } = next
    if (place === ALL_BELOW) {
      yield* valuesBelow(node)
      continue
    }
    yield* valuesTouched(node, place, reading)
    for (const [name, child] of node.children) {
      // most nodes are files and nothing else, and most of those end otherwise
      if (child.children.size === 0 && child.valuesByText.size === 0 && !name.endsWith(scope.ending)) continue
      const below = reading.after(place, name)
      if (below === NOTHING) continue
      if (child.children.size > 0) waiting.push({ node: child, place: below })
      else yield* valuesTouched(child, below, reading)
    }
  }
}

function* valuesBelow<T>(node: Node<T>): IterableIterator<Iterable<T>> {
  const waiting = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield* valuesAt(next)
    for (const child of next.children.values()) waiting.push(child)
  }
}
