import type { ActId, HostKey } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import type { VerifiedAct } from './act.js'
import type { NamedHead } from './body.js'
import type { Ended } from './member.js'
import type { ActOf, Authority } from './operators.js'

/** An operator's word that a key has ended: which of its heads and of its acts stay. */
export interface Cut {
  readonly how: 'revoked' | 'rotated'
  readonly heads: readonly NamedHead[]
  readonly acts: ReadonlySet<ActId>
}

/** Of each key that operators ended, every valid word that says so. */
export type Cuts = ReadonlyMap<HostKey, readonly Cut[]>

/** Of two rotations of one key that of the higher-ranked operator stands, then the lower id (rules B6). By the old key. */
export const standingRotations = (authority: Authority): ReadonlyMap<HostKey, ActOf<'rotate'>> => {
  const standing = new Map<HostKey, ActOf<'rotate'>>()
  const rankOf = (act: VerifiedAct): number => authority.rankOf(act.signer) ?? Number.MAX_SAFE_INTEGER
  for (const act of authority.actsOf('rotate')) {
    const other = standing.get(act.content.body.old)
    if (!other || rankOf(act) < rankOf(other)) standing.set(act.content.body.old, act)
  }
  return standing
}

/** A revocation covers, beside the keys that it names, every key given to one of them by a rotation that it had not seen (rules B6). */
export const operatorCuts = (authority: Authority, rotations: ReadonlyMap<HostKey, ActOf<'rotate'>>): Cuts => {
  const cuts = new Map<HostKey, Cut[]>()
  const add = (key: HostKey, cut: Cut): void => {
    const others = cuts.get(key)
    if (others) others.push(cut)
    else cuts.set(key, [cut])
  }
  for (const { content } of authority.actsOf('revoke')) {
    const acts = new Set(content.body.acts)
    const heads = new Map(content.body.hosts.map(host => [host.key, host.heads]))
    const covered = new Set(heads.keys())
    for (const key of covered) {
      add(key, { how: 'revoked', heads: heads.get(key) ?? [], acts })
      const rotation = rotations.get(key)
      if (rotation && !acts.has(rotation.id)) covered.add(rotation.content.body.key)
    }
  }
  for (const [old, { content }] of rotations) add(old, { how: 'rotated', heads: content.body.heads, acts: new Set(content.body.acts) })
  return cuts
}

/** Whether what this key signed stands: every operator's word that ended it names the act. */
export const outlives = (cuts: Cuts, { signer, id }: VerifiedAct): boolean => (cuts.get(signer as string as HostKey) ?? []).every(({ acts }) => acts.has(id))

const compareHeads = (left: NamedHead, right: NamedHead): number => left.seq - right.seq || compareText(left.hash, right.hash)

const sorted = (heads: Iterable<NamedHead>): readonly NamedHead[] => [...heads].sort((left, right) => compareText(left.epoch, right.epoch))

/** What all of them name, each epoch at its lowest head: an epoch that one of them does not name is out whole (rules B4). */
const lowest = (lists: readonly (readonly NamedHead[])[]): readonly NamedHead[] => {
  const named = new Map<string, { count: number; head: NamedHead }>()
  for (const head of lists.flat()) {
    const known = named.get(head.epoch)
    if (!known) named.set(head.epoch, { count: 1, head })
    else named.set(head.epoch, { count: known.count + 1, head: compareHeads(head, known.head) < 0 ? head : known.head })
  }
  return sorted([...named.values()].filter(({ count }) => count === lists.length).map(({ head }) => head))
}

/** What any of them names, each epoch at its highest head. */
const highest = (lists: readonly (readonly NamedHead[])[]): readonly NamedHead[] => {
  const named = new Map<string, NamedHead>()
  for (const head of lists.flat()) {
    const known = named.get(head.epoch)
    if (!known || compareHeads(head, known) > 0) named.set(head.epoch, head)
  }
  return sorted(named.values())
}

export interface Retirements {
  /** By the host itself. */
  readonly own: ReadonlyMap<HostKey, readonly (readonly NamedHead[])[]>
  /** By other keys, not yet judged. */
  readonly foreign: readonly ActOf<'retire'>[]
}

export const retirementsIn = (acts: readonly VerifiedAct[]): Retirements => {
  const own = new Map<HostKey, (readonly NamedHead[])[]>()
  const foreign: ActOf<'retire'>[] = []
  for (const act of acts) {
    const { content } = act
    if (content?.kind !== 'retire') continue
    const { key, heads } = content.body
    if ((key as string) === act.signer) own.set(key, [...(own.get(key) ?? []), heads])
    else foreign.push({ ...act, content })
  }
  return { own, foreign }
}

/** What the roster knows of a key when its ending is asked for. */
export interface Ending {
  readonly cuts: readonly Cut[]
  readonly own: readonly (readonly NamedHead[])[]
  /** By members that may retire it. */
  readonly foreign: readonly (readonly NamedHead[])[]
}

/**
 * How a key came to its end, or null. Operators' words are heard before the key's own: whoever steals a key could else sign a leave that names nothing,
 * and no revocation would bring its honest records back. Of several of one sort the lowest heads hold; only of members' words about an ephemeral host
 * the highest, since each of them can merely have missed something.
 */
export const endingOf = ({ cuts, own, foreign }: Ending): Ended | null => {
  if (cuts.length > 0) return { state: 'named', how: cuts.some(({ how }) => how === 'revoked') ? 'revoked' : 'rotated', heads: lowest(cuts.map(({ heads }) => heads)) }
  if (own.length > 0) return { state: 'named', how: 'left', heads: lowest(own) }
  return foreign.length > 0 ? { state: 'named', how: 'retired', heads: highest(foreign) } : null
}
