import { statesAfter, statesBelow } from './cover.js'
import type { PathScope, Scope } from './scope.js'

interface Node<T> {
  readonly children: Map<string, Node<T>>
  /** By the scope's text: one value may stand here under several scopes. */
  readonly valuesByText: Map<string, Set<T>>
}

interface Repository<T> {
  readonly paths: Node<T>
  readonly names: Map<string, Set<T>>
}

const emptyNode = <T>(): Node<T> => ({ children: new Map(), valuesByText: new Map() })

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
    addTo(node.valuesByText, scope.text, value)
  }

  remove(repository: string, scope: Scope, value: T): void {
    const found = this.#repositories.get(repository)
    if (found === undefined) return
    if (scope.type === 'name') removeFrom(found.names, scope.text, value)
    else removeBelow(found.paths, scope.prefix, 0, scope.text, value)
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

const isEmpty = <T>(node: Node<T>): boolean => node.children.size === 0 && node.valuesByText.size === 0

const removeBelow = <T>(node: Node<T>, prefix: readonly string[], depth: number, text: string, value: T): void => {
  const segment = prefix[depth]
  if (segment === undefined) {
    removeFrom(node.valuesByText, text, value)
    return
  }
  const child = node.children.get(segment)
  if (child === undefined) return
  removeBelow(child, prefix, depth + 1, text, value)
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
  else yield* scope.withBelow ? valuesBelow(node) : node.valuesByText.values()
}

function* valuesMet<T>(root: Node<T>, scope: PathScope): IterableIterator<Iterable<T>> {
  const waiting = [{ node: root, states: statesAfter(scope, scope.prefix.join('/')) }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, states } = next
    if (states === null) {
      yield* valuesBelow(node)
      continue
    }
    yield* node.valuesByText.values()
    for (const [segment, child] of node.children) {
      const below = statesBelow(scope, states, segment)
      if (below === null || below.length > 0) waiting.push({ node: child, states: below })
    }
  }
}

function* valuesBelow<T>(node: Node<T>): IterableIterator<Iterable<T>> {
  const waiting = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield* next.valuesByText.values()
    for (const child of next.children.values()) waiting.push(child)
  }
}
