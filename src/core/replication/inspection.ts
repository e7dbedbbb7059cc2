import { createDecoder, readVarUint } from 'lib0/decoding'
import * as Y from 'yjs'
import { LIMITS } from '../limits.js'

/** The root map of every author's document. */
export const ROOT = 'records'

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const contentFault = (content: Y.AbstractType<unknown> | object): string | null => {
  if (content instanceof Y.ContentDeleted) return null
  if (!(content instanceof Y.ContentAny)) return 'content other than one text'
  const [text, ...others] = content.arr
  if (typeof text !== 'string' || others.length > 0) return 'content other than one text'
  return text.length > LIMITS.recordBytes ? 'a record over the size limit' : null
}

const placeFault = (item: Y.Item, clientId: number): string | null => {
  if (item.rightOrigin !== null) return 'an insertion before another item'
  if (item.origin !== null) return item.origin.client === clientId && item.origin.clock < item.id.clock ? null : 'an origin outside the own past'
  if (typeof item.parent !== 'string' || item.parent !== ROOT) return 'a place outside the records'
  if (item.parentSub === null || item.parentSub.length > LIMITS.recordKeyBytes || FORBIDDEN_KEYS.has(item.parentSub)) return 'a key that no record has'
  return null
}

const deleteFault = (deletes: ReturnType<typeof Y.decodeUpdate>['ds'], clientId: number, clock: number): string | null => {
  for (const [client, ranges] of deletes.clients) {
    if (client !== clientId) return 'a deletion in another document'
    for (const range of ranges) if (range.clock < 0 || range.len < 1 || range.clock + range.len > clock) return 'a deletion of what is not there'
  }
  return null
}

/** The end of each key's list of items in a document, by key and by the clock of that end. */
export interface KeyEnds {
  /** Clock of the last item under this key, or undefined where there is none. */
  endOf(key: string): number | undefined
  /** The key whose last item ends at this clock, or undefined. */
  keyEndingAt(clock: number): string | undefined
}

/** Lets in only what comes behind the last item of its key: nothing else can become its value, and Yjs would walk the whole list for it. */
class Growth {
  readonly #before: KeyEnds
  readonly #ends = new Map<string, number>()
  readonly #keys = new Map<number, string>()

  constructor(before: KeyEnds) {
    this.#before = before
  }

  extend(item: Y.Item): boolean {
    const origin = item.origin === null ? undefined : item.origin.clock
    const key = origin === undefined ? item.parentSub : (this.#keys.get(origin) ?? this.#before.keyEndingAt(origin))
    if (key === null || key === undefined || (this.#ends.get(key) ?? this.#before.endOf(key)) !== origin) return false
    const end = item.id.clock + item.length - 1
    this.#ends.set(key, end)
    this.#keys.set(end, key)
    return true
  }
}

/**
 * Holds an update against the white list of rules A4 before Yjs is let near it: items with one text each under the root map, each the last
 * of its key, or deleted content; origins below the own clock; deletes below the present clock; one clientID; no gap.
 *
 * @param clock the document's state before this update, in items
 * @param ends the last item of each key before this update
 * @returns what is wrong, or null. Decoding is lazy and costs time linear in the bytes (hazard H6).
 */
export const inspectUpdate = (update: Uint8Array, clientId: number, clock: number, ends: KeyEnds): string | null => {
  let decoded: ReturnType<typeof Y.decodeUpdate>
  try {
    if (readVarUint(createDecoder(update)) > 1) return 'more than one client'
    decoded = Y.decodeUpdate(update)
  } catch {
    return 'bytes that are no Yjs update'
  }
  const growth = new Growth(ends)
  let next = clock
  for (const struct of decoded.structs) {
    if (!(struct instanceof Y.Item)) return 'a struct other than an item'
    if (struct.id.client !== clientId) return 'a clientID other than the document\'s'
    if (struct.id.clock !== next) return 'a gap before an item'
    const fault = placeFault(struct, clientId) ?? contentFault(struct.content)
    if (fault !== null) return fault
    if (!growth.extend(struct)) return 'an item that is not the last of its key'
    next += struct.length
  }
  return deleteFault(decoded.ds, clientId, next)
}

/**
 * The texts that one update writes, by key: for reading history, where the document that it came upon is long gone. Held to the same white
 * list as far as that needs no document: one client, one text an item, under a key of its own. What overwrites a key is left out, since no
 * record ever does. Null where the update breaks the list.
 */
export const textsIn = (update: Uint8Array): ReadonlyMap<string, string> | null => {
  const texts = new Map<string, string>()
  try {
    if (readVarUint(createDecoder(update)) > 1) return null
    for (const struct of Y.decodeUpdate(update).structs) {
      if (!(struct instanceof Y.Item) || placeFault(struct, struct.id.client) !== null || contentFault(struct.content) !== null) return null
      const text: unknown = struct.content instanceof Y.ContentAny ? struct.content.arr[0] : null
      if (struct.parentSub !== null && typeof text === 'string') texts.set(struct.parentSub, text)
    }
  } catch {
    return null
  }
  return texts
}
