import { Varints } from './blocks.js'
import { logRecords } from './log-records.js'

/** Which files of a LevelDB folder count. */
export interface LiveFiles {
  readonly tables: ReadonlySet<number>
  /** Logs from this number on, and the one before it that was being copied into a table. */
  readonly firstLog: number
  readonly previousLog: number
}

/** What a MANIFEST says of the files beside it: each record of it changes what the ones before said. */
export const readManifest = (manifest: Buffer): LiveFiles => {
  const tables = new Set<number>()
  let [firstLog, previousLog] = [0, 0]
  const fields = new Map<number, (edit: Varints) => void>([
    [1, edit => void edit.bytes()],
    [2, edit => void (firstLog = edit.next())],
    [3, edit => void edit.next()],
    [4, edit => void edit.next()],
    [5, edit => void [edit.next(), edit.bytes()]],
    [6, edit => void [edit.next(), tables.delete(edit.next())]],
    [7, edit => void [edit.next(), tables.add(edit.next()), edit.next(), edit.bytes(), edit.bytes()]],
    [9, edit => void (previousLog = edit.next())]
  ])
  for (const record of logRecords(manifest)) {
    const edit = new Varints(record)
    while (!edit.isDone) {
      const field = fields.get(edit.next())
      if (field === undefined) break
      field(edit)
    }
  }
  return { tables, firstLog, previousLog }
}
