import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Damaged } from '../../ports/store.js'
import { damagedParts, MAGIC_END } from './blocks.js'

/** Set in the type of a block or cleared in the magic of a table, it makes both unknown to LevelDB. */
const MARK = 0x80

const tables = async (database: string): Promise<string[]> => (await readdir(database)).filter(file => file.endsWith('.ldb')).toSorted()

const mark = async (path: string, table: Buffer, at: number): Promise<void> => {
  const byte = table[at]
  const isMarked = byte === undefined || (at === table.length - 1 ? byte !== MAGIC_END : byte >= MARK)
  if (isMarked) return
  const file = await open(path, 'r+')
  try {
    await file.write(Uint8Array.of(byte ^ MARK), 0, 1, at)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Looks through LevelDB's tables before LevelDB does. It reads blocks without checking their checksums, and one flipped bit in a block can
 * end the whole process with a failed assertion (seen with classic-level 3.0.0). So each block whose checksum does not hold gets one bit
 * changed in its type, to a value that no type has: LevelDB then refuses that block alone, with `LEVEL_CORRUPTION`. Nothing else is
 * touched, and changing the bit back brings back what was there. Only for the holder of the store's lock: a table that is being written
 * looks damaged too.
 */
export const quarantineBlocks = async (database: string): Promise<readonly string[]> => {
  const suspects: string[] = []
  for (const name of await tables(database)) {
    const path = join(database, name)
    const table = await readFile(path)
    const parts = damagedParts(table)
    for (const at of parts) await mark(path, table, at)
    if (parts.length > 0) suspects.push(name)
  }
  return suspects
}

/** What is damaged of these tables now that LevelDB has opened them and removed those that a crash left half written. */
export const damagedTables = async (database: string, suspects: readonly string[]): Promise<Damaged[]> => {
  const damaged: Damaged[] = []
  const held = suspects.length === 0 ? [] : await tables(database)
  for (const name of suspects.filter(suspect => held.includes(suspect))) {
    const parts = damagedParts(await readFile(join(database, name)))
    if (parts.length > 0) damaged.push({ type: 'damaged', what: `${parts.length} blocks of ${name} are damaged` })
  }
  return damaged
}
