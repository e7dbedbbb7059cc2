import { ByteReader } from '../../core/encoding/reader.js'
import { ByteWriter } from '../../core/encoding/writer.js'
import { NO_RUNS, takeFromRuns } from '../../core/replication/runs.js'
import type { Run, Runs } from '../../core/replication/runs.js'
import type { FrameRange } from '../../ports/store.js'

/** What an author's row says of its log: which numbers lie in the database, and from where on they are read at start. */
export interface Held {
  readonly runs: Runs
  readonly start: number
}

export const NOTHING_HELD: Held = { runs: NO_RUNS, start: 0 }

/** Without a range; where the start goes with it, the log is read from its lowest number on. */
export const retire = ({ runs, start }: Held, { from, until }: FrameRange): Held => ({
  runs: takeFromRuns(runs, from, until),
  start: start >= from && start < until ? 0 : start
})

export const encodeHeld = ({ runs, start }: Held): Uint8Array => {
  const writer = new ByteWriter().u32(runs.length)
  for (const { first, last } of runs) writer.u64(first).u64(last)
  return writer.u64(start).done()
}

/** A row without a start is one of the first stores: all is read. */
export const decodeHeld = (bytes: Uint8Array): Held | null => {
  const reader = new ByteReader(bytes)
  const runs: Run[] = []
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) runs.push({ first: reader.u64(), last: reader.u64() })
  const start = reader.remaining === 0 ? 0 : reader.u64()
  return reader.done() ? { runs, start } : null
}
