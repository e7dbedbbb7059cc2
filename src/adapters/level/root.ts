import { ByteReader } from '../../core/encoding/reader.js'
import { ByteWriter } from '../../core/encoding/writer.js'
import type { Put } from './database.js'
import { ROOT_KEY, TABLES } from './keys.js'
import type { TableName } from './keys.js'
import { CHECK_BYTES, seal } from './sealed.js'
import type { TableSum } from './table.js'

/** What the last commit said about the whole store. */
export interface Root {
  readonly commits: number
  readonly tables: ReadonlyMap<TableName, TableSum>
}

export const encodeRoot = ({ commits, tables }: Root): Put => {
  const writer = new ByteWriter().u64(commits)
  for (const name of TABLES) {
    const table = tables.get(name)
    writer.u32(table?.slots ?? 0).raw(table?.sum ?? new Uint8Array(CHECK_BYTES))
  }
  return { type: 'put', key: ROOT_KEY, value: seal(ROOT_KEY, writer.done()).stored }
}

export const decodeRoot = (bytes: Uint8Array): Root | null => {
  const reader = new ByteReader(bytes)
  const commits = reader.u64()
  const tables = new Map(TABLES.map(name => [name, { slots: reader.u32(), sum: reader.raw(CHECK_BYTES) }]))
  return reader.done() ? { commits, tables } : null
}
