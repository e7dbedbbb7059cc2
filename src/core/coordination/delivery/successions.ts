import type { SessionName } from '../../brand.js'
import { actorKey, type Actor } from '../claims/actor.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../records/entry.js'

/** Who has what was said to a session that ended: the session that took over, or (null) any session of its host. */
export interface Heir {
  readonly session: SessionName | null
}

/**
 * Which sessions have ended, and who came after them, from records alone: a `handoff` in the session's own name says that it ended, a
 * `take` of it by another session of its host who came after it, and the session's own `withdraw` that it is back.
 */
export class Successions {
  readonly #answersTo: (id: string) => readonly Entry[]
  readonly #handoffs = new Map<string, Set<EntryOf<'handoff'>>>()

  /** @param answersTo what names a record in `re`, oldest first */
  constructor(answersTo: (id: string) => readonly Entry[]) {
    this.#answersTo = answersTo
  }

  add(entry: Entry): void {
    if (!isKindOf(entry, 'handoff')) return
    const key = actorKey({ host: entry.host, session: entry.parsed.record.session })
    this.#handoffs.set(key, (this.#handoffs.get(key) ?? new Set()).add(entry))
  }

  remove(entry: Entry): void {
    if (isKindOf(entry, 'handoff')) this.#handoffs.get(actorKey({ host: entry.host, session: entry.parsed.record.session }))?.delete(entry)
  }

  /** How this session ended; null where it has not, or is back. */
  endOf(actor: Actor): EntryOf<'handoff'> | null {
    const handoffs = this.#handoffs.get(actorKey(actor))
    if (handoffs === undefined) return null
    return [...handoffs].filter(handoff => !this.#isBack(handoff)).sort(compareEntries).at(-1) ?? null
  }

  /** The session that took this handoff: the first that did. */
  takerOf(handoff: Entry): SessionName | null {
    return this.#takes(handoff)[0]?.session ?? null
  }

  /** Null where the session has not ended. Of one whose successor has ended too, the last in the row. */
  heirOf(actor: Actor): Heir | null {
    let end = this.endOf(actor)
    if (end === null) return null
    const passed = new Set<string>([actor.session])
    for (;;) {
      const session = this.takerOf(end)
      if (session === null || passed.has(session)) return { session: null }
      passed.add(session)
      end = this.endOf({ host: actor.host, session })
      if (end === null) return { session }
    }
  }

  /** What other sessions left to this one, oldest first. */
  takenBy({ host, session }: Actor): EntryOf<'handoff'>[] {
    return this.#all().filter(handoff => handoff.host === host && this.takerOf(handoff) === session)
  }

  /** Ends of this host's sessions that nobody has taken over yet, oldest first. */
  untaken(host: Actor['host']): EntryOf<'handoff'>[] {
    return this.#all().filter(handoff => handoff.host === host && this.takerOf(handoff) === null && this.endOf({ host, session: handoff.parsed.record.session }) === handoff)
  }

  #all(): EntryOf<'handoff'>[] {
    return [...this.#handoffs.values()].flatMap(handoffs => [...handoffs]).sort(compareEntries)
  }

  #isBack(handoff: EntryOf<'handoff'>): boolean {
    return this.#answersTo(handoff.id).some(answer => isKindOf(answer, 'withdraw') && answer.host === handoff.host && answer.session === handoff.session)
  }

  #takes(handoff: Entry): Entry[] {
    return this.#answersTo(handoff.id).filter(answer => isKindOf(answer, 'take') && answer.host === handoff.host && answer.session !== handoff.session)
  }
}
