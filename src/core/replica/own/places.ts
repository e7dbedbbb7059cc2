import type { AuthorId, HostKey, RecordId } from '../../brand.js'
import { keyOf } from '../../replication/author.js'
import type { LogChange } from '../../replication/log.js'
import type { VerifiedFrame } from '../../replication/verification.js'
import type { Context } from '../context.js'
import type { Link } from '../links/link-state.js'

const noteOf = (peer: HostKey): string => `at/${peer}`

/** Where each own record stands in the own log, and how far each peer has that log: delivery is told from heads. */
export class Places {
  readonly #context: Context
  readonly #of = new Map<RecordId, { readonly author: AuthorId; readonly seq: number }>()

  constructor(context: Context) {
    this.#context = context
  }

  /** @param ids the records that these frames bring: they are at a peer once it has the last frame */
  remember(frames: readonly VerifiedFrame[], ids: Iterable<RecordId>): void {
    const last = frames.at(-1)
    if (last === undefined || keyOf(last.header.author) !== this.#context.key) return
    const { author, seq } = last.header
    for (const id of ids) {
      const place = this.#of.get(id)
      // what was published again after a fork stands in the epoch that counts
      if (place === undefined || this.#context.logs.isForked(place.author)) this.#of.set(id, { author, seq })
    }
  }

  /** These left the own document: nobody asks where they are any more. */
  forget(ids: Iterable<RecordId>): void {
    for (const id of ids) this.#of.delete(id)
  }

  /** Whether a peer has said that it holds this record's frame on disk. */
  isAtPeer(peer: HostKey, record: RecordId): boolean {
    const { notes, links } = this.#context
    const place = this.#of.get(record)
    if (place === undefined) return false
    const noted = notes.get(noteOf(peer))?.split(' ')
    if (noted !== undefined && noted[0] === place.author && Number(noted[1]) >= place.seq) return true
    return [...links.values()].some(link => link.peer?.key === peer && (link.confirmed.get(place.author) ?? -1) >= place.seq)
  }

  /** What the peer of a link is known to hold of the own log outlives this run. */
  note(peer: HostKey, { confirmed }: Link): void {
    const { own, notes } = this.#context
    const seq = own.author === null ? undefined : confirmed.get(own.author)
    if (own.author === null || seq === undefined) return
    const value = `${own.author} ${seq}`
    if (notes.get(noteOf(peer)) !== value) this.#context.note(noteOf(peer), value)
  }
}

/** The records that a frame brought. */
export const idsIn = (change: LogChange): Iterable<RecordId> => {
  if (change.type === 'changed') return change.changes.set.keys()
  return change.type === 'replaced' ? change.records.keys() : []
}
