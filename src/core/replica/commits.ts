import type { ActId, AuthorId } from '../brand.js'
import type { VerifiedFrame } from '../replication/verification.js'
import type { BatchId, LinkId, RequestId, Written } from './input.js'
import type { Fence, StoredBatch } from './storage.js'

/** A frame on its way to the disk, and the link it came by (null: an own one). */
export interface StagedFrame {
  readonly frame: VerifiedFrame
  readonly from: LinkId | null
}

/** What waits for, or is under way in, one commit. */
export interface Commit {
  readonly frames: StagedFrame[]
  /** Frames from below the newest snapshots: nobody waits for them. */
  readonly past: VerifiedFrame[]
  /** Frames that are kept no longer. */
  readonly retired: StoredBatch['retired'][number][]
  /** Where logs are to be read from at the next start, beside what follows from their frames. */
  readonly starts: Map<AuthorId, number>
  /** Without bytes: it is kept no longer. */
  readonly acts: { readonly id: ActId; readonly bytes: Uint8Array | null; readonly from: LinkId | null }[]
  readonly proofs: { readonly author: AuthorId; readonly bytes: Uint8Array }[]
  readonly notes: Map<string, string | null>
  /** Commands that are answered once it is on disk. */
  readonly answers: { readonly request: RequestId; readonly written: readonly Written[] }[]
  /** Links whose handshake goes on once the newcomer's witness is on disk. */
  readonly admissions: LinkId[]
}

const emptyCommit = (): Commit => ({ frames: [], past: [], retired: [], starts: new Map(), acts: [], proofs: [], notes: new Map(), answers: [], admissions: [] })

const isEmpty = (commit: Commit): boolean =>
  commit.frames.length + commit.past.length + commit.retired.length + commit.starts.size + commit.acts.length + commit.proofs.length + commit.notes.size + commit.answers.length + commit.admissions.length === 0

/**
 * Group commit: one batch is under way at a time, and what arrives meanwhile is the next one, so that a busy host coalesces by itself and
 * a quiet one waits for nothing. After the first failure nothing is ever put on disk again (fenced).
 */
export class Commits {
  #staged = emptyCommit()
  #underWay: { readonly id: BatchId; readonly commit: Commit } | null = null
  #nextId = 1
  #fenced: Fence | null = null
  /** What was taken in and will never lie on this disk: nobody is told of it, and nobody is told that it is held. */
  readonly #unstored = { acts: new Set<ActId>(), proofs: new Set<AuthorId>() }

  get staged(): Commit {
    return this.#staged
  }

  get isBusy(): boolean {
    return this.#underWay !== null
  }

  /** Why nothing is written any more, or null. */
  get fenced(): Fence | null {
    return this.#fenced
  }

  /** Acts that are kept no longer are taken off the disk, or do not reach it. */
  dropActs(ids: readonly ActId[]): void {
    for (const id of ids) {
      const staged = this.#staged.acts.findIndex(act => act.id === id && act.bytes !== null)
      if (staged >= 0) this.#staged.acts.splice(staged, 1)
      else this.#staged.acts.push({ id, bytes: null, from: null })
    }
  }

  /** Whether all that this host holds is on disk. */
  get isQuiet(): boolean {
    return this.#underWay === null && this.#fenced === null && isEmpty(this.#staged)
  }

  /** Whether there is anything for the next commit. */
  get hasStaged(): boolean {
    return !isEmpty(this.#staged)
  }

  /** Not on disk: on its way there, or never to come there. */
  isPendingAct(id: ActId): boolean {
    return this.#unstored.acts.has(id) || [this.#staged, this.#underWay?.commit].some(commit => commit?.acts.some(act => act.id === id) === true)
  }

  /** All frames of this author are kept no longer, those that wait for the next commit among them. */
  retire(author: AuthorId): void {
    const others = this.#staged.frames.filter(({ frame }) => frame.header.author !== author)
    this.#staged.frames.splice(0, this.#staged.frames.length, ...others)
    const past = this.#staged.past.filter(({ header }) => header.author !== author)
    this.#staged.past.splice(0, this.#staged.past.length, ...past)
    this.#staged.starts.delete(author)
    this.#staged.retired.push({ author, from: 0, until: Number.MAX_SAFE_INTEGER })
  }

  /** Whether frames of this author are on their way to the disk. */
  isWriting(author: AuthorId): boolean {
    return [this.#staged, this.#underWay?.commit].some(commit => commit?.frames.some(({ frame }) => frame.header.author === author) === true || commit?.past.some(({ header }) => header.author === author) === true)
  }

  /** Whether frames that are kept no longer are still on the disk. */
  get isRetiring(): boolean {
    return this.#staged.retired.length + (this.#underWay?.commit.retired.length ?? 0) > 0
  }

  isPendingProof(author: AuthorId): boolean {
    return this.#unstored.proofs.has(author) || [this.#staged, this.#underWay?.commit].some(commit => commit?.proofs.some(proof => proof.author === author) === true)
  }

  /** Frames of this author that are not yet on disk. */
  pendingFrames(author: AuthorId): VerifiedFrame[] {
    return [this.#underWay?.commit, this.#staged].flatMap(commit => commit?.frames.flatMap(({ frame }) => (frame.header.author === author ? [frame] : [])) ?? [])
  }

  /** Forgets what can never be written any more. */
  discard(): void {
    for (const { id } of this.#staged.acts) this.#unstored.acts.add(id)
    for (const { author } of this.#staged.proofs) this.#unstored.proofs.add(author)
    this.#staged = emptyCommit()
  }

  /**
   * Begins a commit of everything staged, if there is any and none is under way.
   * @param startOf where an author's log is to be read from at the next start, if that changes with its frames
   */
  begin(startOf: (author: AuthorId) => number | null): { readonly id: BatchId; readonly batch: StoredBatch } | null {
    if (this.#underWay !== null || this.#fenced !== null || isEmpty(this.#staged)) return null
    const commit = this.#staged
    this.#staged = emptyCommit()
    for (const { header } of commit.frames.map(({ frame }) => frame)) {
      const start = startOf(header.author)
      if (start !== null) commit.starts.set(header.author, start)
    }
    this.#underWay = { id: this.#nextId++, commit }
    return {
      id: this.#underWay.id,
      batch: {
        frames: [...commit.frames.map(({ frame }) => frame), ...commit.past].map(({ header, bytes }) => ({ author: header.author, seq: header.seq, bytes })),
        acts: commit.acts.map(({ id, bytes }) => ({ id, bytes })),
        starts: [...commit.starts].map(([author, seq]) => ({ author, seq })),
        retired: commit.retired,
        proofs: commit.proofs,
        notes: [...commit.notes].map(([key, value]) => ({ key, value }))
      }
    }
  }

  finish(id: BatchId): Commit {
    const done = this.#underWay
    if (done === null || done.id !== id) throw new Error(`commit ${id} is not under way`)
    this.#underWay = null
    return done.commit
  }

  /** @returns the requests that can no longer be answered with success, and what was formed for them. */
  fence(fence: Fence): Commit['answers'] {
    this.#fenced ??= fence
    const lost = [...(this.#underWay?.commit.answers ?? []), ...this.#staged.answers]
    this.discard()
    if (this.#underWay !== null) this.#staged = this.#underWay.commit
    this.#underWay = null
    this.discard()
    return lost
  }
}
