import type { AuthorId } from '../../core/brand.js'
import { compareText, equalBytes } from '../../core/encoding/bytes.js'
import { addToRuns } from '../../core/replication/runs.js'
import type { Damaged } from '../../ports/store.js'
import { readKeys, readNumbers, readOne } from './database.js'
import type { Database } from './database.js'
import { authorOf, authorRange, nextAuthorRange, ROOT_KEY, rowKey, seqOf, slotOf, TABLES, tableRange } from './keys.js'
import type { TableName } from './keys.js'
import { decodeRoot } from './root.js'
import type { Root } from './root.js'
import { decodeHeld, NOTHING_HELD } from './held.js'
import type { Held } from './held.js'
import { decodeRow, Table } from './table.js'

/** What the store knows of itself when it has been opened: all but the frames. */
export interface Inspection {
  readonly commits: number
  readonly tables: ReadonlyMap<TableName, Table>
  readonly held: Map<AuthorId, Held>
  readonly damaged: readonly Damaged[]
  /** Authors whose head row must be written with the next commit. */
  readonly unsettled: ReadonlySet<AuthorId>
}

const NOUNS: Readonly<Record<TableName, string>> = { note: 'a note', act: 'an act', proof: 'a fork proof', head: "an author's newest number" }

const damage = (what: string, rest: Omit<Damaged, 'type' | 'what'> = {}): Damaged => ({ type: 'damaged', what, ...rest })

const lastSlot = async (db: Database, name: TableName): Promise<number> => {
  const { keys } = await readKeys(db, { ...tableRange(name), reverse: true, limit: 1 })
  return keys[0] === undefined ? 0 : slotOf(keys[0])
}

/** Reads one table whole; a head row is also put into `held`. */
const inspectTable = async (db: Database, name: TableName, root: Root | null, held: Map<AuthorId, Held>) => {
  const table = new Table(name)
  const damaged: Damaged[] = []
  const expected = root?.tables.get(name)
  const slots = Math.max(expected?.slots ?? 0, await lastSlot(db, name))
  for await (const reading of readNumbers(db, slot => rowKey(name, slot), 1, slots)) {
    const row = reading.sealed === null ? null : decodeRow(reading.sealed.bytes)
    if (reading.sealed === null || row === null) {
      damaged.push(damage(`${NOUNS[name]} (row ${reading.number}) is ${reading.sealed === null ? reading.why : 'changed'}`))
      table.found(null)
    } else {
      table.found({ name: row.name, check: reading.sealed.check })
      if (name === 'head' && row.name !== null) held.set(row.name as AuthorId, decodeHeld(row.bytes) ?? NOTHING_HELD)
    }
  }
  const sound = expected === undefined || (expected.slots === table.sum.slots && equalBytes(expected.sum, table.sum.sum))
  if (damaged.length === 0 && !sound) damaged.push(damage(`an older state of ${NOUNS[name]} came back`))
  return { table, damaged }
}

/** The author whose frames follow those of `author` (null: the first one); past a block that cannot be read, the next one known otherwise. */
const nextAuthor = async (db: Database, author: AuthorId | null, known: readonly AuthorId[]): Promise<{ readonly next: AuthorId | null; readonly whole: boolean }> => {
  const { keys, whole } = await readKeys(db, { ...nextAuthorRange(author), limit: 1 })
  if (keys[0] !== undefined) return { next: authorOf(keys[0]), whole }
  return { next: whole ? null : (known.find(each => author === null || each > author) ?? null), whole }
}

/** Finds the frames that no head row speaks of, after head rows were lost: their numbers are put into `held`. */
const adoptFrames = async (db: Database, held: Map<AuthorId, Held>): Promise<{ readonly damaged: Damaged[]; readonly unsettled: Set<AuthorId> }> => {
  const damaged: Damaged[] = []
  const unsettled = new Set<AuthorId>()
  const known = [...held.keys()].toSorted(compareText)
  let step = await nextAuthor(db, null, known)
  while (step.next !== null) {
    const author: AuthorId = step.next
    const before = held.get(author) ?? NOTHING_HELD
    const { keys } = await readKeys(db, authorRange(author))
    const after = keys.reduce((all, key) => addToRuns(all, seqOf(key)), before.runs)
    if (after !== before.runs) {
      held.set(author, { runs: after, start: before.start })
      unsettled.add(author)
      damaged.push(damage(`the newest number of ${author} is lost: frames after ${after.at(-1)?.last ?? 0} may be missing`, { author }))
    }
    if (!step.whole) damaged.push(damage('frames of other authors may lie behind a block that cannot be read'))
    step = await nextAuthor(db, author, known)
  }
  return { damaged, unsettled }
}

/** Holds everything but the frames against what the last commit said, and that against the commits that were acknowledged. */
export const inspect = async (db: Database, acknowledged: number): Promise<Inspection> => {
  const damaged: Damaged[] = []
  const held = new Map<AuthorId, Held>()
  const { sealed } = await readOne(db, ROOT_KEY)
  const root = sealed === null ? null : decodeRoot(sealed.bytes)
  if (root === null) damaged.push(damage('the entry that counts all others is lost: other losses may not be noticed'))
  else if (root.commits < acknowledged) damaged.push(damage(`the last ${acknowledged - root.commits} of ${acknowledged} commits are missing`))
  const tables = new Map<TableName, Table>()
  let headsSound = root !== null
  for (const name of TABLES) {
    const found = await inspectTable(db, name, root, held)
    tables.set(name, found.table)
    damaged.push(...found.damaged)
    if (name === 'head' && found.damaged.length > 0) headsSound = false
  }
  const adopted = headsSound ? { damaged: [], unsettled: new Set<AuthorId>() } : await adoptFrames(db, held)
  const commits = Math.max(root?.commits ?? 0, acknowledged)
  return { commits, tables, held, damaged: [...damaged, ...adopted.damaged], unsettled: adopted.unsettled }
}
