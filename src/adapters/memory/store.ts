import type { ActId, AuthorId } from '../../core/brand.js'
import { compareText } from '../../core/encoding/bytes.js'
import { addToRuns, NO_RUNS, type Runs } from '../../core/replication/runs.js'
import { StoreFailure } from '../../ports/store.js'
import type { Batch, FrameRange, FrameStore, Reach, ReadLimit, Stored, StoredFrame } from '../../ports/store.js'

/** What a memory store keeps: it outlives `close`, so the same content can be opened again as a disk's can. */
export class MemoryContent {
  readonly notes = new Map<string, string>()
  readonly acts = new Map<ActId, Uint8Array>()
  readonly proofs = new Map<AuthorId, Uint8Array>()
  readonly frames = new Map<AuthorId, Map<number, Uint8Array>>()
  readonly starts = new Map<AuthorId, number>()
}

const retire = ({ frames, starts }: MemoryContent, { author, from, until }: FrameRange): void => {
  const log = frames.get(author)
  const start = starts.get(author) ?? 0
  for (const seq of [...(log?.keys() ?? [])]) if (seq >= from && seq < until) log?.delete(seq)
  if (log?.size === 0) frames.delete(author)
  if (log?.size === 0 || (start >= from && start < until)) starts.delete(author)
}

const write = (content: MemoryContent, { frames, starts, retired, acts, proofs, notes }: Batch): void => {
  for (const range of retired) retire(content, range)
  for (const { author, seq, bytes } of frames) {
    const log = content.frames.get(author) ?? new Map<number, Uint8Array>()
    content.frames.set(author, log.set(seq, bytes))
  }
  for (const { author, seq } of starts) if (content.frames.has(author)) content.starts.set(author, seq)
  for (const { id, bytes } of acts) {
    if (bytes === null) content.acts.delete(id)
    else content.acts.set(id, bytes)
  }
  for (const { author, bytes } of proofs) content.proofs.set(author, bytes)
  for (const { key, value } of notes) {
    if (value === null) content.notes.delete(key)
    else content.notes.set(key, value)
  }
}

/** The frame store without a disk, for the simulator and for hosts that keep nothing: same contract, durable as long as its content is held. */
export class MemoryStore implements FrameStore {
  readonly #content: MemoryContent
  #last: Promise<void> = Promise.resolve()
  #closed = false

  constructor(content: MemoryContent = new MemoryContent()) {
    this.#content = content
  }

  get fence(): StoreFailure | null {
    return this.#closed ? this.#closedFailure() : null
  }

  async freeBytes(): Promise<null> {
    return null
  }

  async *scan(reach: Reach): AsyncGenerator<Stored> {
    this.#mustBeOpen()
    const { notes, acts, proofs, frames, starts } = this.#content
    for (const [key, value] of notes) yield { type: 'note', key, value }
    for (const [id, bytes] of acts) yield { type: 'act', id, bytes }
    for (const [author, bytes] of proofs) yield { type: 'proof', author, bytes }
    for (const [author, log] of [...frames].toSorted(([left], [right]) => compareText(left, right))) {
      const seqs = [...log.keys()].toSorted((left, right) => left - right)
      const start = starts.get(author) ?? 0
      yield { type: 'log', author, start, held: seqs.reduce<Runs>(addToRuns, NO_RUNS) }
      for (const seq of seqs) {
        const bytes = log.get(seq)
        if (bytes !== undefined && (reach === 'whole' || seq >= start)) yield { type: 'frame', frame: { author, seq, bytes } }
      }
    }
  }

  commit(batch: Batch): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedFailure())
    this.#last = this.#last.then(() => write(this.#content, batch))
    return this.#last
  }

  async frames(author: AuthorId, from: number, limit: ReadLimit): Promise<StoredFrame[]> {
    this.#mustBeOpen()
    return this.#walk(author, from, 1, limit)
  }

  async framesBefore(author: AuthorId, before: number, limit: ReadLimit): Promise<StoredFrame[]> {
    this.#mustBeOpen()
    return this.#walk(author, before - 1, -1, limit).toReversed()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }

  #walk(author: AuthorId, from: number, step: 1 | -1, limit: ReadLimit): StoredFrame[] {
    const log = this.#content.frames.get(author)
    const frames: StoredFrame[] = []
    let size = 0
    for (let seq = from; frames.length < Math.max(1, limit.frames); seq += step) {
      const bytes = log?.get(seq)
      size += bytes?.length ?? 0
      if (bytes === undefined || (frames.length > 0 && size > limit.bytes)) break
      frames.push({ author, seq, bytes })
    }
    return frames
  }

  #closedFailure(): StoreFailure {
    return new StoreFailure('FENCED', 'the store is closed')
  }

  #mustBeOpen(): void {
    if (this.#closed) throw this.#closedFailure()
  }
}
