import type { AuthorId, HostKey } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { authorParts, keyOf } from '../../replication/author.js'
import { countRuns, withinRuns, type Runs } from '../../replication/runs.js'
import type { Context } from '../context.js'
import type { Standing } from './standing.js'

/**
 * What an act took out of the mesh and this disk still holds: frames past a named head, and epochs that no act names. They count nowhere and nobody is
 * served them. They wait for the day on which that act falls, with the operator that signed it: of a host that is gone nobody else may have them then.
 * Bounded for each key, and the first to go when the disk is short. What this host wrote itself stays.
 */
export class Fallen {
  readonly #context: Context
  readonly #standing: Standing

  constructor(context: Context, standing: Standing) {
    this.#context = context
    this.#standing = standing
  }

  /** What brings the records back is the newest snapshot and what follows: what lies below it, and past the named head, is history that nobody asks for. */
  shorten(author: AuthorId, snapshotStart: number): void {
    const [first] = this.#of(author)
    if (first !== undefined && first.first < snapshotStart) this.#retire(author, first.first, snapshotStart)
  }

  /** Lets go of what is more than is kept of one key: the oldest epochs, and of one that is too long its end. */
  bound(key: HostKey): void {
    let room: number = LIMITS.fallenFramesPerKey
    for (const author of this.#authors().filter(each => keyOf(each) === key).sort(newestFirst)) {
      const runs = this.#of(author)
      for (const { first, last } of runs) {
        if (last - first >= room) this.#retire(author, first + room, last + 1)
        room = Math.max(0, room - (last - first + 1))
      }
    }
  }

  /** Lets a piece go, of who has most of it, the newest first. @returns whether there was any */
  letGo(): boolean {
    const greatest = this.#authors()
      .map(author => ({ author, count: countRuns(this.#of(author)) }))
      .reduce((most, each) => (each.count > most.count ? each : most), { author: null as AuthorId | null, count: 0 })
    const newest = greatest.author === null ? undefined : this.#of(greatest.author).at(-1)
    if (greatest.author === null || newest === undefined) return false
    this.#retire(greatest.author, Math.max(newest.first, newest.last + 1 - LIMITS.retiredAtOnce), newest.last + 1)
    return true
  }

  #authors(): AuthorId[] {
    const { logs, rereading } = this.#context
    return [...Array.from(logs.logs(), ({ author }) => author), ...Array.from(logs.unread(), ([author]) => author)].filter(author => !rereading.has(author))
  }

  /** Which numbers of this author may go. */
  #of(author: AuthorId): Runs {
    const { logs, key } = this.#context
    const admission = this.#standing.admissionOf(author)
    if (admission.state !== 'named' || keyOf(author) === key) return []
    return withinRuns(logs.onDisk(author), (admission.head?.seq ?? -1) + 1, Number.MAX_SAFE_INTEGER)
  }

  #retire(author: AuthorId, from: number, until: number): void {
    this.#context.commits.staged.retired.push({ author, from, until })
    this.#context.logs.retired(author, { first: from, last: until - 1 })
  }
}

const newestFirst = (left: AuthorId, right: AuthorId): number => authorParts(right).epoch.counter - authorParts(left).epoch.counter
