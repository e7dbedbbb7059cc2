import type { AuthorId } from '../../core/brand.js'
import { utf8 } from '../../core/encoding/bytes.js'
import { addToRuns, withinRuns } from '../../core/replication/runs.js'
import type { Batch, FrameRange } from '../../ports/store.js'
import type { Del, Put } from './database.js'
import { frameKey } from './keys.js'
import type { TableName } from './keys.js'
import { encodeHeld, NOTHING_HELD, retire } from './held.js'
import type { Held } from './held.js'
import { seal } from './sealed.js'
import type { Table } from './table.js'

/** What one write changes in the database, the root aside, and what is held once it is there. */
export interface Group {
  readonly changes: (Put | Del)[]
  readonly held: ReadonlyMap<AuthorId, Held>
  readonly retired: readonly FrameRange[]
}

export interface GroupBase {
  readonly tables: ReadonlyMap<TableName, Table>
  readonly held: ReadonlyMap<AuthorId, Held>
  readonly unsettled: ReadonlySet<AuthorId>
}

const tableOf = (tables: ReadonlyMap<TableName, Table>, name: TableName): Table => {
  const table = tables.get(name)
  if (table === undefined) throw new Error(`no table ${name}`)
  return table
}

/** Bytes that a batch brings, for the size of a group. */
export const batchBytes = ({ frames, acts, proofs, notes }: Batch): number =>
  [...frames, ...acts, ...proofs].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0) + notes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)

/** Puts several commits, in their order, into one write: the later one wins where two name the same thing. */
export const groupCommits = (batches: readonly Batch[], base: GroupBase): Group => {
  const { tables } = base
  const changes: (Put | Del)[] = []
  const touched = new Map<AuthorId, Held>()
  const heldOf = (author: AuthorId): Held => touched.get(author) ?? base.held.get(author) ?? NOTHING_HELD
  for (const author of base.unsettled) touched.set(author, heldOf(author))
  for (const { frames, starts, retired, acts, proofs, notes } of batches) {
    for (const range of retired) {
      const held = heldOf(range.author)
      for (const { first, last } of withinRuns(held.runs, range.from, range.until)) for (let seq = first; seq <= last; seq++) changes.push({ type: 'del', key: frameKey(range.author, seq) })
      touched.set(range.author, retire(held, range))
    }
    for (const { author, seq, bytes } of frames) {
      const key = frameKey(author, seq)
      changes.push({ type: 'put', key, value: seal(key, bytes).stored })
      const { runs, start } = heldOf(author)
      touched.set(author, { runs: addToRuns(runs, seq), start })
    }
    for (const { author, seq } of starts) touched.set(author, { runs: heldOf(author).runs, start: seq })
    for (const { id, bytes } of acts) {
      const put = bytes === null ? tableOf(tables, 'act').remove(id) : tableOf(tables, 'act').write(id, bytes)
      if (put !== null) changes.push(put)
    }
    for (const { author, bytes } of proofs) changes.push(tableOf(tables, 'proof').write(author, bytes))
    for (const { key, value } of notes) {
      const change = value === null ? tableOf(tables, 'note').remove(key) : tableOf(tables, 'note').write(key, utf8(value))
      if (change !== null) changes.push(change)
    }
  }
  const heads = tableOf(tables, 'head')
  for (const [author, held] of touched) {
    const change = held.runs.length === 0 ? heads.remove(author) : heads.write(author, encodeHeld(held))
    if (change !== null) changes.push(change)
  }
  return { changes, held: touched, retired: batches.flatMap(({ retired }) => retired) }
}
