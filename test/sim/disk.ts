import type { AuthorId } from '../../src/core/brand.js'
import type { ErrorCode } from '../../src/core/errors.js'
import { addToRuns, NO_RUNS, type Runs } from '../../src/core/replication/runs.js'
import type { Input } from '../../src/core/replica/input.js'
import type { ReadLimit, StoredBatch } from '../../src/core/replica/storage.js'
import type { SeededRandom } from './random.js'

/** How a write ends that does not end well. `stays`: it reached the platter all the same. */
export interface Failing {
  readonly code: ErrorCode
  readonly reason: string
  readonly stays: boolean
}

/**
 * What a host has on disk. It outlives the replica. A batch is durable once its write has ended well (the store's contract: one atomic
 * batch with fsync); until then a crash leaves all of it or nothing, since the store's own checksum throws a torn one away.
 */
export class Disk {
  readonly notes = new Map<string, string>()
  readonly acts = new Map<string, Uint8Array>()
  readonly proofs = new Map<AuthorId, Uint8Array>()
  readonly frames = new Map<AuthorId, Map<number, Uint8Array>>()
  /** Where each log is read from at start. */
  readonly starts = new Map<AuthorId, number>()
  /** Frames that were lost behind the store's back; reported at each start until they are written again. */
  readonly damaged = new Map<string, { readonly author: AuthorId; readonly seq: number }>()
  /** No room for anything more. */
  isFull = false
  /** The next write ends in an error, and may have reached the platter all the same. */
  failsNext = false

  /** How the write under way ends; null when well. */
  ends(random: SeededRandom): Failing | null {
    if (this.isFull) return { code: 'DISK_FULL', reason: 'no space left on device', stays: false }
    if (!this.failsNext) return null
    this.failsNext = false
    return { code: 'FENCED', reason: 'input/output error at fsync', stays: random.chance(0.5) }
  }

  write({ frames, starts, retired, acts, proofs, notes }: StoredBatch): void {
    for (const range of retired) this.#retire(range)
    for (const { author, seq, bytes } of frames) {
      this.#log(author).set(seq, bytes.slice())
      this.damaged.delete(`${author} ${seq}`)
    }
    for (const { author, seq } of starts) this.starts.set(author, seq)
    for (const { id, bytes } of acts) {
      if (bytes === null) this.acts.delete(id)
      else this.acts.set(id, bytes.slice())
    }
    for (const { author, bytes } of proofs) this.proofs.set(author, bytes.slice())
    for (const { key, value } of notes) {
      if (value === null) this.notes.delete(key)
      else this.notes.set(key, value)
    }
  }

  /** @param backwards those that end before `from` */
  read(author: AuthorId, from: number, backwards: boolean, { frames, bytes }: ReadLimit): Uint8Array[] {
    const found: Uint8Array[] = []
    let size = 0
    for (let seq = backwards ? from - 1 : from; found.length < frames; seq += backwards ? -1 : 1) {
      const frame = this.frames.get(author)?.get(seq)
      size += frame?.length ?? 0
      if (frame === undefined || (found.length > 0 && size > bytes)) break
      found.push(frame)
    }
    return backwards ? found.toReversed() : found
  }

  frame(author: AuthorId, seq: number): Uint8Array | null {
    return this.frames.get(author)?.get(seq) ?? null
  }

  lose(author: AuthorId, seq: number): void {
    this.frames.get(author)?.delete(seq)
    this.damaged.set(`${author} ${seq}`, { author, seq })
  }

  /** As it is now: a backup, or an image of the machine. */
  copy(): Disk {
    const copy = new Disk()
    for (const [key, value] of this.notes) copy.notes.set(key, value)
    for (const [id, bytes] of this.acts) copy.acts.set(id, bytes)
    for (const [author, bytes] of this.proofs) copy.proofs.set(author, bytes)
    for (const [author, log] of this.frames) copy.frames.set(author, new Map(log))
    for (const [key, damage] of this.damaged) copy.damaged.set(key, damage)
    for (const [author, seq] of this.starts) copy.starts.set(author, seq)
    return copy
  }

  /** What is read at start, in the order of a real store's scan. */
  *inputs(): Generator<Input> {
    for (const [key, value] of this.notes) yield { type: 'noteLoaded', key, value }
    for (const bytes of this.acts.values()) yield { type: 'actLoaded', bytes }
    for (const bytes of this.proofs.values()) yield { type: 'proofLoaded', bytes }
    const authors = new Set([...this.frames.keys(), ...Array.from(this.damaged.values(), ({ author }) => author)])
    for (const author of [...authors].sort()) {
      const log = this.frames.get(author) ?? new Map<number, Uint8Array>()
      const lost = Array.from(this.damaged.values()).filter(damage => damage.author === author).map(({ seq }) => seq)
      const start = this.starts.get(author) ?? 0
      const seqs = [...log.keys(), ...lost].sort((left, right) => left - right)
      yield { type: 'logLoaded', author, start, held: seqs.reduce<Runs>(addToRuns, NO_RUNS) }
      for (const seq of seqs) {
        if (seq < start) continue
        const bytes = log.get(seq)
        if (bytes === undefined) yield { type: 'damageLoaded', what: `frame ${seq}`, author, seq }
        else yield { type: 'frameLoaded', bytes }
      }
    }
  }

  #retire({ author, from, until }: StoredBatch['retired'][number]): void {
    const log = this.#log(author)
    for (const seq of [...log.keys()]) if (seq >= from && seq < until) log.delete(seq)
    for (const [key, damage] of this.damaged) if (damage.author === author && damage.seq >= from && damage.seq < until) this.damaged.delete(key)
    const start = this.starts.get(author) ?? 0
    if (start >= from && start < until) this.starts.delete(author)
    if (log.size === 0) this.frames.delete(author)
  }

  #log(author: AuthorId): Map<number, Uint8Array> {
    const log = this.frames.get(author) ?? new Map<number, Uint8Array>()
    this.frames.set(author, log)
    return log
  }
}
