import type { AuthorId, Hash, HostKey } from '../../brand.js'
import type { NamedHead } from '../../coordination/membership/body.js'
import type { EndedHow } from '../../coordination/membership/member.js'
import type { Roster } from '../../coordination/membership/roster.js'
import { epochTextOf, keyOf } from '../../replication/author.js'
import type { Admission, LastHead } from '../../replication/log-book.js'
import type { Context } from '../context.js'

/** Whose word counts: what the roster says of hosts and of their logs, shown to whatever depends on it. */
export class Standing {
  readonly #context: Context
  /** By epoch: a key may have a thousand, and each is asked for with every digest. */
  readonly #byEpoch = new WeakMap<readonly NamedHead[], ReadonlyMap<string, LastHead>>()
  #shown: Roster | null = null

  constructor(context: Context) {
    this.#context = context
  }

  /** Whether what a host wrote counts: of a key that has ended, the chains that the mesh keeps. */
  readonly isMember = (key: HostKey): boolean => {
    const { state } = this.#context.acts.roster().admits(key)
    return state === 'member' || state === 'named'
  }

  readonly admissionOf = (author: AuthorId): Admission => {
    const { acts, key } = this.#context
    const admitted = acts.roster().admits(keyOf(author))
    // what a newcomer writes before it is let in counts once it is
    if (admitted.state === 'member' || (admitted.state !== 'named' && keyOf(author) === key)) return { state: 'member' }
    if (admitted.state !== 'named') return { state: 'unknown' }
    return { state: 'named', head: this.#headsBy(admitted.heads).get(epochTextOf(author)) ?? null }
  }

  #headsBy(heads: readonly NamedHead[]): ReadonlyMap<string, LastHead> {
    const known = this.#byEpoch.get(heads)
    if (known !== undefined) return known
    const by = new Map(heads.map(head => [head.epoch, head]))
    this.#byEpoch.set(heads, by)
    return by
  }

  /** The same as others see it: what a newcomer writes before it is let in counts nowhere yet. */
  readonly countedOf = (author: AuthorId): Admission => (this.isMember(keyOf(author)) ? this.admissionOf(author) : { state: 'unknown' })

  /**
   * Whether frames of this author are to be asked for: none that the roster refuses, none of a fork, and below a named head none once the
   * chain that ends in it is held.
   */
  wants(author: AuthorId): boolean {
    const { logs, rereading } = this.#context
    const admission = this.admissionOf(author)
    if (rereading.has(author) || admission.state === 'unknown') return false
    if (admission.state === 'member') return !logs.isForked(author)
    return admission.head !== null && logs.get(author)?.endsIn(admission.head) !== true
  }

  /** Whether what lies below the newest snapshot of this author is to be held: of what counts, and below a named head of the chain that ends in it. */
  keepsHistory(author: AuthorId): boolean {
    const { logs, rereading } = this.#context
    const admission = this.countedOf(author)
    if (admission.state !== 'named') return admission.state === 'member' && !rereading.has(author) && !logs.isForked(author)
    return !rereading.has(author) && logs.get(author)?.endsIn(admission.head) === true
  }

  /** Whether this frame may be handed to others: of an author with a named head only the chain that ends in it, once it is held. */
  mayServe(author: AuthorId, seq: number): boolean {
    const admission = this.admissionOf(author)
    if (admission.state !== 'named') return admission.state === 'member'
    return admission.head !== null && seq <= admission.head.seq && this.#context.logs.get(author)?.endsIn(admission.head) === true
  }

  /** How this host's key came to its end, after which it writes nothing more; null while it stands. */
  get ended(): EndedHow | null {
    const standing = this.#context.acts.roster().admits(this.#context.key)
    return standing.state === 'named' ? standing.how : null
  }

  /** This host's key has ended for good: it left, was revoked, retired or rotated. */
  get hasLeft(): boolean {
    return this.ended !== null
  }

  /** Over everything that counts and that this host holds, on disk or on its way there. */
  digest(): Hash {
    const { logs, acts } = this.#context
    return logs.digest(this.countedOf, acts.digest())
  }

  /** Brings digest and view up to the acts that are held. */
  show(): void {
    const { acts, logs, view } = this.#context
    const roster = acts.roster()
    if (this.#shown === roster) return
    this.#shown = roster
    logs.changed()
    view.setRoster(roster.members)
  }

  /** Acts came that may have changed the roster. */
  changed(): void {
    this.show()
    this.#context.happened({ type: 'rosterChanged' })
  }
}
