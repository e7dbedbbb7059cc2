import type { AuthorId } from '../../core/brand.js'
import { utf8 } from '../../core/encoding/bytes.js'
import type { Batch } from '../../ports/store.js'
import type { Put } from './database.js'
import { frameKey } from './keys.js'
import type { TableName } from './keys.js'
import { addToRuns, encodeRuns } from './runs.js'
import type { Runs } from './runs.js'
import { seal } from './sealed.js'
import type { Table } from './table.js'

/** What one write puts into the database, the root aside, and the numbers that are held once it is there. */
export interface Group {
  readonly puts: Put[]
  readonly runs: ReadonlyMap<AuthorId, Runs>
}

export interface GroupBase {
  readonly tables: ReadonlyMap<TableName, Table>
  readonly runs: ReadonlyMap<AuthorId, Runs>
  readonly unsettled: ReadonlySet<AuthorId>
}

const tableOf = (tables: ReadonlyMap<TableName, Table>, name: TableName): Table => {
  const table = tables.get(name)
  if (table === undefined) throw new Error(`no table ${name}`)
  return table
}

/** Bytes that a batch brings, for the size of a group. */
export const batchBytes = ({ frames, acts, proofs, notes }: Batch): number =>
  [...frames, ...acts, ...proofs].reduce((sum, { bytes }) => sum + bytes.length, 0) + notes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)

/** Puts several commits, in their order, into one write: the later one wins where two name the same thing. */
export const groupCommits = (batches: readonly Batch[], { tables, runs, unsettled }: GroupBase): Group => {
  const puts: Put[] = []
  const touched = new Map<AuthorId, Runs>([...unsettled].map(author => [author, runs.get(author) ?? []]))
  for (const { frames, acts, proofs, notes } of batches) {
    for (const { author, seq, bytes } of frames) {
      const key = frameKey(author, seq)
      puts.push({ type: 'put', key, value: seal(key, bytes).stored })
      touched.set(author, addToRuns(touched.get(author) ?? runs.get(author) ?? [], seq))
    }
    for (const { id, bytes } of acts) puts.push(tableOf(tables, 'act').write(id, bytes))
    for (const { author, bytes } of proofs) puts.push(tableOf(tables, 'proof').write(author, bytes))
    for (const { key, value } of notes) {
      const put = value === null ? tableOf(tables, 'note').remove(key) : tableOf(tables, 'note').write(key, utf8(value))
      if (put !== null) puts.push(put)
    }
  }
  for (const [author, held] of touched) puts.push(tableOf(tables, 'head').write(author, encodeRuns(held)))
  return { puts, runs: touched }
}
