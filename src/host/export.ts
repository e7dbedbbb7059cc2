import type { AuthorId } from '../core/brand.js'
import { entryOf, type Entry } from '../core/coordination/records/entry.js'
import { recordNaming } from '../core/coordination/records/record.js'
import type { ViewMember } from '../core/coordination/view.js'
import { concat, utf8 } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import { keyOf } from '../core/replication/author.js'
import { decodeFrame, type Frame } from '../core/replication/frame.js'
import { textsIn } from '../core/replication/inspection.js'
import type { AuthorLog } from '../core/replication/log.js'
import { withinRuns, type Run } from '../core/replication/runs.js'
import type { HistoryParts } from './history.js'
import { countedLogs } from './telling.js'

/** Where in the export a frame stands: authors by id, each one's frames by number. */
export interface ExportPlace {
  readonly author: AuthorId
  readonly seq: number
}

export interface ExportedFrame {
  readonly frame: Frame
  readonly member: ViewMember
  /** Records that are read from it; those of a snapshot stand beside its parts in the order of the document. */
  readonly entries: readonly Entry[]
}

export interface ExportPage {
  readonly frames: readonly ExportedFrame[]
  /** Where the next page begins; null: this was the last. */
  readonly next: ExportPlace | null
}

const PIECE = { frames: LIMITS.historyReadFrames, bytes: LIMITS.historyReadBytes }

/** One update, all parts of a snapshot, or parts that are none for lack of the others: what is read together. */
interface Group {
  readonly frames: readonly Frame[]
  readonly isWhole: boolean
}

/** The next part of a snapshot that is being read. */
const continues = (parts: readonly Frame[], { header }: Frame): boolean => header.kind === 'snapshot' && header.part > 0 && parts.at(-1)?.header.part === header.part - 1

/** The log of one author as it lies on this host's disk. What is damaged is passed over. */
async function* groupsOf({ runtime }: HistoryParts, { author }: AuthorLog, runs: readonly Run[]): AsyncGenerator<Group> {
  for (const { first, last } of runs) {
    let parts: Frame[] = []
    for (let next = first; next <= last; ) {
      const stored = await runtime.readFrames(author, next, PIECE)
      for (const { seq, bytes } of stored) {
        const decoded = decodeFrame(bytes)
        if (seq > last || !decoded.ok) continue
        const frame = decoded.value
        if (parts.length > 0 && !continues(parts, frame)) {
          yield { frames: parts, isWhole: false }
          parts = []
        }
        if (frame.header.kind !== 'snapshot') yield { frames: [frame], isWhole: true }
        else if (frame.header.part + 1 < frame.header.parts) parts = [...parts, frame]
        else {
          const group = [...parts, frame]
          parts = []
          yield { frames: group, isWhole: group.length === frame.header.parts }
        }
      }
      next = (stored.at(-1)?.seq ?? next) + 1
    }
    if (parts.length > 0) yield { frames: parts, isWhole: false }
  }
}

/** The records of a group, each beside the frame whose bytes they take up. */
const entriesOf = ({ crypto, replica }: HistoryParts, { hostId }: ViewMember, author: AuthorId, { frames, isWhole }: Group): Entry[][] => {
  const key = keyOf(author)
  const nameOf = recordNaming(crypto, replica.mesh, key)
  const beside = frames.map((): Entry[] => [])
  const isReadable = isWhole && frames.every(({ header }) => header.kind !== 'unknown')
  let [at, room] = [0, frames[0]?.payload.length ?? 0]
  for (const [id, text] of (isReadable ? textsIn(concat(...frames.map(({ payload }) => payload))) : null) ?? []) {
    if (nameOf(text) !== id) continue
    room -= utf8(text).length
    while (room < 0 && at + 1 < frames.length) {
      at += 1
      room += frames[at]?.payload.length ?? 0
    }
    beside[at]?.push(entryOf(id as Entry['id'], hostId, key, text))
  }
  return beside
}

/**
 * Signed frames of all authors that count, as they lie on the disk, with the records that are read from them: so many as one answer may have.
 * With `passes` only frames with a record that passes; of snapshots then only those that repeat nothing.
 */
export const exportPage = async (parts: HistoryParts, from: ExportPlace | null, passes: ((entry: Entry) => boolean) | null): Promise<ExportPage> => {
  const found: ExportedFrame[] = []
  let [taken, looked] = [0, 0]
  for (const log of countedLogs(parts).sort((left, right) => (left.author < right.author ? -1 : 1))) {
    const { author } = log
    const member = parts.replica.view.members().get(keyOf(author))
    if (member === undefined || (from !== null && author < from.author)) continue
    const begin = from?.author === author ? from.seq : 0
    // parts of a snapshot are read together, also where a page ended between them
    const held = withinRuns(log.onDisk.held, 0, (log.storedHead?.seq ?? -1) + 1)
    const runs = held.map(({ first, last }) => ({ first: begin <= first ? first : Math.max(first, begin - LIMITS.snapshotParts), last })).filter(({ last }) => last >= begin)
    for await (const group of groupsOf(parts, log, runs)) {
      const last = group.frames.at(-1)
      if (last === undefined || last.header.seq < begin) continue
      const isBottom = held.some(({ first }) => first === group.frames[0]?.header.seq)
      const isRepeated = passes !== null && last.header.kind === 'snapshot' && !isBottom
      const beside = isRepeated ? [] : entriesOf(parts, member, author, group).map(entries => (passes === null ? entries : entries.filter(passes)))
      const isWanted = passes === null || beside.some(entries => entries.length > 0)
      for (const [at, frame] of group.frames.entries()) {
        const { seq } = frame.header
        if (seq < begin) continue
        if (taken + frame.bytes.length > LIMITS.exportBytes && taken > 0) return { frames: found, next: { author, seq } }
        if (looked > LIMITS.exportLookedAtBytes) return { frames: found, next: { author, seq } }
        looked += frame.bytes.length
        if (!isWanted) continue
        taken += frame.bytes.length
        found.push({ frame, member, entries: beside[at] ?? [] })
      }
    }
  }
  return { frames: found, next: null }
}
