import { success } from '../result.js'
import type { Authoring } from './own/authoring.js'
import type { Epochs } from './own/epochs.js'
import type { Context } from './context.js'
import type { Doubts } from './own/doubts.js'
import type { Greeting } from './links/greeting.js'
import type { History } from './history/history.js'
import type { BatchId } from './input.js'
import type { Levelling } from './levelling/levelling.js'
import type { Naming } from './standing/naming.js'
import type { DiskInput, Pruning } from './history/pruning.js'
import type { Publishing } from './levelling/publishing.js'
import type { Standing } from './standing/standing.js'
import type { Fence } from './storage.js'

export interface PersistenceParts {
  readonly doubts: Doubts
  readonly authoring: Authoring
  readonly epochs: Epochs
  readonly publishing: Publishing
  readonly greeting: Greeting
  readonly levelling: Levelling
  readonly standing: Standing
  readonly naming: Naming
  readonly history: History
  readonly pruning: Pruning
}

/** Persist, then publish: what was staged goes to the disk, and only what has come to lie there is answered for, sent and passed on. */
export class Persistence {
  readonly #context: Context
  readonly #parts: PersistenceParts

  constructor(context: Context, parts: PersistenceParts) {
    this.#context = context
    this.#parts = parts
  }

  /** Makes frames of what waits and begins a commit, unless one is under way. */
  flush(): void {
    const { commits, logs } = this.#context
    this.#parts.naming.proceed()
    this.#parts.history.proceed()
    if (commits.fenced !== null) return commits.discard()
    if (commits.isBusy) return
    const { authoring, epochs, doubts } = this.#parts
    authoring.form()
    if (epochs.defect !== null) return this.failed({ code: 'BUG', reason: epochs.defect })
    if (commits.hasStaged) doubts.keep()
    const commit = commits.begin(author => logs.get(author)?.takeStart() ?? null)
    if (commit !== null) this.#context.emit({ type: 'commit', ...commit })
  }

  committed(batch: BatchId): void {
    const { commits, logs, links } = this.#context
    const { publishing, greeting, levelling, standing, history } = this.#parts
    const done = commits.finish(batch)
    for (const { frame } of done.frames) if (logs.get(frame.header.author)?.hashAt(frame.header.seq) === frame.hash) logs.get(frame.header.author)?.stored(frame.header.seq)
    history.committed(done.past)
    for (const { request, written } of done.answers) this.#context.emit({ type: 'answer', request, outcome: success(written) })
    publishing.acts(done.acts.flatMap(({ bytes, from }) => (bytes === null ? [] : [{ bytes, from }])))
    publishing.proofs(done.proofs)
    for (const { frame, from } of done.frames) if (standing.mayServe(frame.header.author, frame.header.seq)) publishing.frame(frame, from)
    for (const id of done.admissions) {
      const link = links.get(id)
      if (link !== undefined) greeting.admitted(link)
    }
    levelling.settle()
  }

  /** What the disk has left, or no longer holds. */
  diskSaid(input: DiskInput): void {
    this.#parts.pruning.take(input)
  }

  /** The first storage error ends all writing: reads go on, nothing more is acknowledged, and what was not is shown no longer. */
  failed(fence: Fence): void {
    const { authoring } = this.#parts
    const { commits, own, view, key } = this.#context
    const lost = commits.fence(fence)
    const waiting = authoring.drop()
    const removed = lost.flatMap(({ written }) => written.map(({ id }) => id))
    if (own.author !== null && removed.length > 0) view.changeAuthor(own.author, key, { set: [], removed })
    this.#context.happened({ type: 'fenced', ...fence })
    this.#context.happened({ type: 'viewChanged' })
    for (const request of [...lost.map(({ request }) => request), ...waiting]) authoring.answerFenced(request)
  }
}
