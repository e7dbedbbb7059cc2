import type { HostKey } from '../../src/core/brand.js'
import type { StoredBatch } from '../../src/core/replica/storage.js'
import { keyOf } from '../../src/core/replication/author.js'
import { decodeFrame } from '../../src/core/replication/frame.js'

/** Places in a host's work at which its process may end: those between two things that belong together. */
export const CRASH_POINTS = [
  'before a commit is on disk',
  'after a commit is on disk, before anybody is told',
  'after a write is answered, before it is sent',
  'in the middle of sending',
  'while an epoch opens',
  'while a snapshot is written',
  'between a proof and what it took from view',
  'while the store is read'
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

const hasOwnSnapshot = ({ frames }: StoredBatch, key: HostKey, isAtStart: boolean): boolean =>
  frames.some(({ author, seq, bytes }) => {
    if (keyOf(author) !== key || (seq === 0) !== isAtStart) return false
    const frame = decodeFrame(bytes)
    return frame.ok && frame.value.header.kind === 'snapshot'
  })

/** Whether a host that is to end at this point ends in the commit of this batch. */
export const endsInCommit = (point: CrashPoint, batch: StoredBatch, key: HostKey): boolean => {
  switch (point) {
    case 'before a commit is on disk':
    case 'after a commit is on disk, before anybody is told':
      return batch.frames.length > 0
    case 'while an epoch opens':
      return hasOwnSnapshot(batch, key, true)
    case 'while a snapshot is written':
      return hasOwnSnapshot(batch, key, false)
    case 'between a proof and what it took from view':
      return batch.proofs.some(({ author }) => keyOf(author) === key)
    default:
      return false
  }
}

/** Whether the batch is then on disk; null where it may be or not. */
export const isOnDisk = (point: CrashPoint): boolean | null => {
  if (point === 'before a commit is on disk') return false
  return point === 'after a commit is on disk, before anybody is told' || point === 'between a proof and what it took from view' ? true : null
}
