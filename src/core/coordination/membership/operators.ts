import type { ActId } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { compareStamps } from '../../stamp.js'
import type { VerifiedAct } from './act.js'
import type { ActContent, OperatorKey } from './body.js'
import type { Writers } from './kept.js'

export interface Operator {
  readonly key: OperatorKey
  /** Null for the one of the genesis, which names the mesh instead. */
  readonly name: string | null
  /** The act that made it one. */
  readonly act: ActId
  /** Who introduced it; null for the one of the genesis. */
  readonly by: OperatorKey | null
  /** A higher-ranked one has revoked it. What it signed before, and that one had seen, stands. */
  readonly revoked: boolean
}

/** An act of one kind. */
export type ActOf<Kind extends ActContent['kind']> = VerifiedAct & { readonly content: Extract<ActContent, { readonly kind: Kind }> }

/** What the operators decided, as far as it stands. */
export interface Authority {
  /** By rank, the founder first; revoked ones keep their place. */
  readonly operators: readonly Operator[]
  /** 0 ranks highest. Null for who never was one. */
  rankOf(key: string): number | null
  /** The standing acts of one kind, in order of id. */
  actsOf<Kind extends ActContent['kind']>(kind: Kind): readonly ActOf<Kind>[]
}

const isOf =
  <Kind extends ActContent['kind']>(kind: Kind) =>
  (act: VerifiedAct): act is ActOf<Kind> =>
    act.content?.kind === kind

const byStamp = (left: VerifiedAct, right: VerifiedAct): number => compareStamps(left.stamp, right.stamp) || compareText(left.id, right.id)

/** Kinds that count by an operator's signature; of these the recovery key signs the first two. */
const RECOVERS: ReadonlySet<string> = new Set(['operator', 'revoke'])
const DECIDES: ReadonlySet<string> = new Set([...RECOVERS, 'invite', 'cancel', 'rotate', 'role', 'policy', 'directive', 'withdraw'])

/**
 * The operators by rank (rules B5): the recovery key above all, then the one of the genesis; those whom a higher-ranked one introduced come before those
 * of a lower-ranked one, and of one introducer the earlier come first. So a backdated stamp gains nothing over anybody else's introductions. Only a
 * higher-ranked one revokes, and what the revoked one signed stands only where every valid revocation of it says so. When a rank has its turn all
 * that can revoke it is known: it is one pass, and the same in any order. `acts` are sorted by id.
 */
export const rankOperators = (genesis: VerifiedAct, acts: readonly VerifiedAct[]): Authority => {
  if (genesis.content?.kind !== 'genesis') return { operators: [], rankOf: () => null, actsOf: () => [] }
  const { operator, recovery } = genesis.content.body
  const signed = new Map<string, VerifiedAct[]>()
  for (const act of acts) {
    if (act.content === null || !DECIDES.has(act.kind)) continue
    const others = signed.get(act.signer)
    if (others) others.push(act)
    else signed.set(act.signer, [act])
  }

  const first: Operator = { key: operator, name: null, act: genesis.id, by: null, revoked: false }
  const ranked: Operator[] = recovery === undefined ? [first] : [{ ...first, key: recovery }, first]
  const introduced = new Set<string>(ranked.map(({ key }) => key))
  const ranks = new Map<string, number>()
  const revocations = new Map<string, ReadonlySet<ActId>[]>()
  const standing: VerifiedAct[] = []
  for (const { key } of ranked) {
    ranks.set(key, ranks.size)
    const left = revocations.get(key) ?? []
    for (const act of (signed.get(key) ?? []).sort(byStamp)) {
      if (!left.every(stays => stays.has(act.id)) || (key === recovery && !RECOVERS.has(act.kind))) continue
      standing.push(act)
      if (isOf('operator')(act) && !introduced.has(act.content.body.key)) {
        introduced.add(act.content.body.key)
        ranked.push({ ...act.content.body, act: act.id, by: key, revoked: false })
      }
      if (!isOf('revoke')(act)) continue
      const stays = new Set(act.content.body.acts)
      for (const revoked of act.content.body.operators) if (!ranks.has(revoked)) revocations.set(revoked, [...(revocations.get(revoked) ?? []), stays])
    }
  }
  standing.sort((left, right) => compareText(left.id, right.id))
  return {
    operators: ranked.filter(({ key }) => key !== recovery).map(each => ({ ...each, revoked: revocations.has(each.key) })),
    rankOf: key => ranks.get(key) ?? null,
    actsOf: kind => standing.filter(isOf(kind))
  }
}

/**
 * Whose word was ever an operator's, revoked or not: the first `most` by rank, and their invitations. Whose acts are kept depends on this, not on who
 * stands, so that a revocation that later falls has lost nothing.
 */
export const everOperators = (genesis: VerifiedAct, acts: readonly VerifiedAct[], most: number): Pick<Writers, 'operators' | 'invitations'> => {
  if (genesis.content?.kind !== 'genesis') return { operators: new Set(), invitations: new Map() }
  const { operator, recovery } = genesis.content.body
  const introductions = new Map<string, ActOf<'operator'>[]>()
  for (const act of acts.filter(isOf('operator'))) introductions.set(act.signer, [...(introductions.get(act.signer) ?? []), act])
  const known = new Set<string>(recovery === undefined ? [operator] : [recovery, operator])
  for (const key of known) {
    for (const { content } of (introductions.get(key) ?? []).sort(byStamp)) if (known.size < most) known.add(content.body.key)
  }
  const invitations = new Map(acts.filter(isOf('invite')).flatMap(({ id, signer, content }) => (known.has(signer) ? [[id, content.body] as const] : [])))
  return { operators: known, invitations }
}
