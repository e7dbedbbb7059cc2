import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { concat } from '../../core/encoding/bytes.js'
import { LIMITS } from '../../core/limits.js'
import { namesIn } from './creation.js'
import { openDatabase, readNumbers, readOne } from './database.js'
import type { Database, LevelDatabase, Put, Reading } from './database.js'
import type { Inspection } from './inspection.js'
import { frameKey, ROOT_KEY, rowKey } from './keys.js'
import { LAYOUT } from './layout.js'
import { syncFolder } from './sentinel.js'

/** Every key that must be there, with what is: rows and frames, the root last. */
async function* everything(db: Database, { tables, held }: Inspection): AsyncGenerator<{ readonly key: string; readonly reading: Reading }> {
  for (const [name, table] of tables) {
    const keyOf = (slot: number): string => rowKey(name, slot)
    for await (const reading of readNumbers(db, keyOf, 1, table.sum.slots)) yield { key: keyOf(reading.number), reading }
  }
  for (const [author, { runs }] of held) {
    const keyOf = (seq: number): string => frameKey(author, seq)
    for (const { first, last } of runs) for await (const reading of readNumbers(db, keyOf, first, last)) yield { key: keyOf(reading.number), reading }
  }
  yield { key: ROOT_KEY, reading: await readOne(db, ROOT_KEY) }
}

const copySound = async (from: Database, to: Database, inspection: Inspection): Promise<void> => {
  let puts: Put[] = []
  let bytes = 0
  for await (const { key, reading } of everything(from, inspection)) {
    if (reading.sealed !== null) puts.push({ type: 'put', key, value: concat(reading.sealed.check, reading.sealed.bytes) })
    bytes += reading.sealed?.bytes.length ?? 0
    if (bytes < LIMITS.storeGroupBytes && key !== ROOT_KEY) continue
    await to.batch(puts, { sync: true })
    puts = []
    bytes = 0
  }
}

/** Ends a rebuilding that a crash cut short: puts the copy in its place where it was whole, drops it otherwise. */
export const finishRebuilding = async (folder: string): Promise<void> => {
  const names = await namesIn(folder)
  if (!names.includes(LAYOUT.rebuilt)) return
  if (names.includes(LAYOUT.database)) await rm(join(folder, LAYOUT.rebuilt), { recursive: true })
  else await rename(join(folder, LAYOUT.rebuilt), join(folder, LAYOUT.database))
  await syncFolder(folder)
}

/**
 * Copies all that can be read of a damaged database into a new one that takes its place, and gives that one, open. LevelDB cannot go on with
 * a damaged block: its next compaction fails, and every commit after it. Unlike LevelDB's own repair nothing is dropped in silence: what
 * every key must hold is copied too, so each start reports what is missing until it is committed again.
 */
export const rebuildDatabase = async (folder: string, damaged: Database, inspection: Inspection): Promise<LevelDatabase> => {
  const rebuilt = await openDatabase(join(folder, LAYOUT.rebuilt), true)
  try {
    await copySound(damaged, rebuilt, inspection)
  } finally {
    await rebuilt.close()
  }
  await damaged.close()
  await syncFolder(join(folder, LAYOUT.rebuilt))
  await rm(join(folder, LAYOUT.damaged), { recursive: true, force: true })
  await rename(join(folder, LAYOUT.database), join(folder, LAYOUT.damaged))
  await finishRebuilding(folder)
  return openDatabase(join(folder, LAYOUT.database), false)
}
