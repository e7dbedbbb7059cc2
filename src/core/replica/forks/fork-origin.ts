import type { AuthorId, HostKey, Millis } from '../../brand.js'
import type { Context } from '../context.js'

/** How this host came to know that an epoch forked. Host-local: only the proof itself is replicated. */
export interface ForkOrigin {
  /** Own wall time. */
  readonly at: Millis
  /** The two branches met here, or a peer had the proof already. */
  readonly how: 'met' | 'told'
  /** Who brought the second branch, or the proof; null where both lay on the own disk. */
  readonly by: HostKey | null
}

const noteOf = (author: AuthorId): string => `fork/${author}`

export const noteForkOrigin = (context: Context, author: AuthorId, origin: ForkOrigin): void => {
  context.note(noteOf(author), [origin.at, origin.how, origin.by ?? ''].join(' '))
}

/** Null for a proof that an older version kept without it. */
export const forkOrigin = (notes: ReadonlyMap<string, string>, author: AuthorId): ForkOrigin | null => {
  const [at, how, by] = notes.get(noteOf(author))?.split(' ') ?? []
  if (at === undefined || (how !== 'met' && how !== 'told')) return null
  return { at: Number(at), how, by: by === undefined || by === '' ? null : (by as HostKey) }
}
