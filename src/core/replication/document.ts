import * as Y from 'yjs'
import type { RecordId } from '../brand.js'
import { utf8Length } from '../encoding/bytes.js'
import { LIMITS } from '../limits.js'
import { inspectUpdate, ROOT, type KeyEnds } from './inspection.js'

/** What a frame did to its author's records. */
export interface RecordChanges {
  readonly set: ReadonlyMap<RecordId, string>
  readonly removed: ReadonlySet<RecordId>
}

export type Applied = { readonly ok: true; readonly changes: RecordChanges } | { readonly ok: false; readonly fault: string }

export const NO_CHANGES: RecordChanges = { set: new Map(), removed: new Set() }

/** Under this clientID nothing is ever written: Yjs takes another one for a document that is handed updates under its own (hazard H1). */
const READER = 0

/**
 * One author's document: a Yjs map from record id to the record's text, with one clientID.
 *
 * `records` is what counts; the Yjs document behind it is the codec. An update that breaks the rules changes nothing: `records` stays as it
 * was, and since only a snapshot can follow (rules C6), the Yjs document, which may hold half of it (hazard H8), is thrown away.
 */
export class AuthorDocument {
  readonly clientId: number
  readonly #records = new Map<RecordId, string>()
  #doc: Y.Doc | null
  #bytes = 0

  constructor(clientId: number) {
    this.clientId = clientId
    this.#doc = new Y.Doc({ gc: true, guid: '' })
    this.#doc.clientID = READER
  }

  get records(): ReadonlyMap<RecordId, string> {
    return this.#records
  }

  /** Sum of the live texts' sizes in UTF-8. */
  get textBytes(): number {
    return this.#bytes
  }

  /** Applies one V1 update, whole or not at all. */
  apply(update: Uint8Array): Applied {
    const doc = this.#doc
    if (doc === null) return { ok: false, fault: 'the document waits for a snapshot' }
    const fault = inspectUpdate(update, this.clientId, this.#clock(doc), this.#ends(doc))
    if (fault !== null) return this.#refuse(fault)
    const keys = new Set<string | null>()
    const collect = (transaction: Y.Transaction): void => {
      for (const changed of transaction.changed.values()) for (const key of changed) keys.add(key)
    }
    doc.on('afterTransaction', collect)
    try {
      Y.applyUpdate(doc, update)
    } catch (error) {
      return this.#refuse(`Yjs could not apply it: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      doc.off('afterTransaction', collect)
    }
    if (doc.clientID !== READER || doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return this.#refuse('it leaves the document incomplete')
    return this.#take(doc, keys)
  }

  /**
   * Writes records and gives the update that says so; inspected like a foreign one before anybody signs it (rules A4).
   * Throws where the inspection finds something: that is a bug of ours.
   */
  write(set: Iterable<readonly [RecordId, string]>, remove: Iterable<RecordId> = []): { update: Uint8Array; changes: RecordChanges } {
    const doc = this.#doc
    if (doc === null) throw new Error('own document was refused earlier; an epoch must be opened first')
    const before = this.#clock(doc)
    const [texts, gone] = [[...set], [...remove]]
    const ends = endsBefore(this.#ends(doc), [...texts.map(([id]) => id), ...gone])
    const updates: Uint8Array[] = []
    const collect = (update: Uint8Array): void => void updates.push(update)
    const keys = new Set<string | null>()
    doc.on('update', collect)
    doc.clientID = this.clientId
    doc.transact(() => {
      const map = doc.getMap<string>(ROOT)
      for (const [id, text] of texts) {
        map.set(id, text)
        keys.add(id)
      }
      for (const id of gone) {
        map.delete(id)
        keys.add(id)
      }
    })
    doc.clientID = READER
    doc.off('update', collect)
    const update = updates[0] ?? Y.encodeStateAsUpdate(new Y.Doc())
    const fault = inspectUpdate(update, this.clientId, before, ends)
    if (fault !== null) throw new Error(`own update breaks the inspection: ${fault}`)
    const applied = this.#take(doc, keys)
    if (!applied.ok) throw new Error(`own update breaks a limit: ${applied.fault}`)
    return { update, changes: applied.changes }
  }

  /** The whole document as one V1 update. */
  encode(): Uint8Array {
    return this.#doc === null ? new Uint8Array(0) : Y.encodeStateAsUpdate(this.#doc)
  }

  #clock(doc: Y.Doc): number {
    return Y.getState(doc.store, this.clientId)
  }

  /** Read from the document itself: the items that Yjs holds as the last of their keys. */
  #ends(doc: Y.Doc): KeyEnds {
    const map = doc.getMap<string>(ROOT)._map
    return {
      endOf: key => map.get(key)?.lastId.clock,
      keyEndingAt: clock => {
        if (clock >= this.#clock(doc)) return undefined
        const item: unknown = Y.getItem(doc.store, Y.createID(this.clientId, clock))
        const key = item instanceof Y.Item ? item.parentSub : null
        return key !== null && map.get(key)?.lastId.clock === clock ? key : undefined
      }
    }
  }

  #refuse(fault: string): Applied {
    this.#doc = null
    return { ok: false, fault }
  }

  #take(doc: Y.Doc, keys: ReadonlySet<string | null>): Applied {
    const map = doc.getMap<string>(ROOT)
    const set = new Map<RecordId, string>()
    const removed = new Set<RecordId>()
    let bytes = this.#bytes
    let count = this.#records.size
    for (const key of keys) {
      if (key === null) continue
      const id = key as RecordId
      const was = this.#records.get(id)
      const is = map.get(key)
      if (is === was) continue
      if (was !== undefined) bytes -= utf8Length(was)
      if (is === undefined) {
        removed.add(id)
        count -= 1
        continue
      }
      const size = utf8Length(is)
      if (size > LIMITS.recordBytes) return this.#refuse('a record over the size limit')
      if (was === undefined) count += 1
      bytes += size
      set.set(id, is)
    }
    if (count > LIMITS.liveRecordsPerAuthor) return this.#refuse('more live records than one author may have')
    if (bytes > LIMITS.documentBytesPerAuthor) return this.#refuse('more bytes than one author\'s document may have')
    for (const id of removed) this.#records.delete(id)
    for (const [id, text] of set) this.#records.set(id, text)
    this.#bytes = bytes
    return { ok: true, changes: { set, removed } }
  }
}

/** The ends of these keys as they are now: a later look at the document would show them as they became. */
const endsBefore = (ends: KeyEnds, keys: readonly string[]): KeyEnds => {
  const endByKey = new Map<string, number>()
  const keyByEnd = new Map<number, string>()
  for (const key of keys) {
    const end = ends.endOf(key)
    if (end === undefined) continue
    endByKey.set(key, end)
    keyByEnd.set(end, key)
  }
  return { endOf: key => endByKey.get(key), keyEndingAt: clock => keyByEnd.get(clock) }
}
