import { z } from 'zod'
import type { RecordId } from '../../core/brand.js'
import type { Claim } from '../../core/coordination/claims/claim.js'
import type { Crossing } from '../../core/coordination/claims/crossing.js'
import { LIMITS } from '../../core/limits.js'
import type { Draft } from '../../core/replica/input.js'
import { failure, success, type Failure, type Result } from '../../core/result.js'
import { forgetTold } from '../told-claims.js'
import { claimsOf, oneAtATime } from '../one-at-a-time.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { choose, claimDrafts, releaseDrafts, type Chosen } from '../passing/drafts.js'
import { coveredBy } from '../passing/covered.js'
import { claimNamed, isMine } from '../passing/named.js'
import { pathsHere, shownItem } from '../scopes.js'
import { holderText } from '../words.js'

const args = z.object({
  id: z.string().describe('either claim of the two; of an own one every crossing is meant'),
  how: z.enum(['yield', 'split', 'both']),
  scope: z.array(z.string()).max(LIMITS.itemsPerCommand).default([]).describe('with split: what this session keeps'),
  reason: z.string().optional()
})

type Args = z.infer<typeof args>

const data = z.object({
  how: z.enum(['yield', 'split', 'both']),
  records: z.array(z.string()).describe('what says so to everybody'),
  settled: z.array(z.object({ mine: z.string(), claim: z.string(), holder: z.string(), witness: z.string() })),
  released: z.array(z.object({ claim: z.string(), scope: z.array(z.string()), whole: z.boolean() })),
  kept: z.array(z.string()).describe('with split: what this session goes on holding of it'),
  claim: z.string().nullable().describe('with split: a new claim of what is kept, where the old item covered more')
})

export type ResolveData = z.infer<typeof data>

/** A crossing as one of its holders sees it. */
interface Pair {
  readonly mine: Claim
  readonly other: Claim
  readonly witness: string
  readonly resolutions: Crossing['resolutions']
}

const pairsOf = (context: OperationContext, named: Claim): Pair[] => {
  const { host, session } = context
  const crossings: Crossing[] = host.replica.view.claims.crossings(host.meshNow(), { host: host.replica.hostId, session })
  return crossings.filter(({ lead, follows }) => lead.id === named.id || follows.id === named.id).map(({ lead, follows, witness, resolutions }) => (isMine(context, lead) ? { mine: lead, other: follows, witness, resolutions } : { mine: follows, other: lead, witness, resolutions }))
}

const nothingCrosses = (context: OperationContext, named: Claim): { readonly ok: false; readonly failure: Failure } => {
  const id = context.host.replica.view.shortId(named.entry)
  const what = isMine(context, named) ? `${id} crosses no live claim of another session` : `${id} of ${holderText(context.host, named)} crosses no live claim of this session; who holds one of two claims settles what is between them`
  return failure('NO_SUCH_RECORD', what, { field: 'id', next: ['skein claims'] })
}

/** The own items that meet the other claims of these pairs. */
const crossingItems = ({ host, session }: OperationContext, pairs: readonly Pair[]): Chosen => {
  const chosen: Chosen = new Map()
  const others = new Set<RecordId>(pairs.map(({ other }) => other.id))
  for (const { mine } of pairs) {
    const met = host.replica.view.claims.overlapping(mine, host.meshNow(), { exceptSession: { host: host.replica.hostId, session } })
    choose(chosen, mine, met.filter(({ claim }) => others.has(claim.id)).map(({ item }) => item))
  }
  return chosen
}

/** What goes and what stays when this session keeps `kept`; an item of which only a part is kept goes, and the part is claimed anew. */
const splitAt = (crossing: Chosen, kept: readonly string[]): { readonly going: Chosen; readonly anew: ReadonlyMap<Claim, readonly string[]>; readonly strange: string | null } => {
  const going: Chosen = new Map()
  const anew = new Map<Claim, string[]>()
  const found = new Set<string>()
  for (const { claim, items } of crossing.values()) {
    for (const item of items) {
      const parts = kept.filter(part => !coveredBy(part, item) && coveredBy(item, part))
      const isKept = kept.some(part => coveredBy(part, item))
      for (const part of kept) if (coveredBy(part, item) || coveredBy(item, part)) found.add(part)
      if (isKept) continue
      choose(going, claim, [item])
      if (parts.length > 0) anew.set(claim, [...new Set([...(anew.get(claim) ?? []), ...parts])])
    }
  }
  return { going, anew, strange: kept.find(part => !found.has(part)) ?? null }
}

/** As many records as the claims ask for: what was named, and what is held of it anew, stands in each, so that every pair stands in one. */
const resolveDrafts = (named: readonly RecordId[], pairs: readonly Pair[], { how, reason }: Args, scope: readonly string[]): Draft[] => {
  const others = [...new Set(pairs.flatMap(({ mine, other }) => [mine.id, other.id]))].filter(id => !named.includes(id))
  const size = Math.max(1, LIMITS.claimsPerResolve - named.length)
  return Array.from({ length: Math.ceil(others.length / size) }, (_, part) => ({
    kind: 'resolve',
    fields: { claims: [...named, ...others.slice(part * size, (part + 1) * size)], how, ...(scope.length === 0 ? {} : { scope: [...scope] }), ...(reason === undefined ? {} : { text: reason }) }
  }))
}

/** The records by which this session said of each of these pairs that both go on; null where it did not of one. */
const saidBefore = ({ host, session }: OperationContext, pairs: readonly Pair[]): string[] | null => {
  const said = pairs.map(({ resolutions }) => resolutions.find(({ host: by, parsed }) => by === host.replica.hostId && parsed.record.session === session && parsed.record.fields.how === 'both'))
  return said.some(entry => entry === undefined) ? null : [...new Set(said.flatMap(entry => (entry === undefined ? [] : [host.replica.view.shortId(entry)])))]
}

const keptScope = async (context: OperationContext, { how, scope }: Args, repo: string): Promise<Result<readonly string[]>> => {
  if (how !== 'split') return scope.length === 0 ? success([]) : failure('USAGE', 'a scope goes with --split: what this session keeps', { field: 'scope' })
  if (scope.length === 0) return failure('FIELD_MISSING', 'split how? Name what this session keeps', { field: 'scope', next: ['skein resolve ID --split SCOPE…'] })
  const here = await pathsHere(context, scope)
  if (!here.ok) return here
  return (here.value.repo ?? '') === repo || here.value.scope.every(item => item.startsWith('@') || item.startsWith('branch:')) ? success(here.value.scope) : failure('NO_REPOSITORY', `the claim is in ${repo === '' ? 'no repository' : repo}, and this folder is not`, { field: 'scope' })
}

const resolveNow = async (context: OperationContext, given: Args): Promise<Outcome<ResolveData>> => {
  const { host, session } = context
  const { view } = host.replica
  const named = claimNamed(context, given.id)
  if (!named.ok) return named
  const kept = await keptScope(context, given, named.value.repo)
  if (!kept.ok) return kept
  const pairs = pairsOf(context, named.value)
  if (pairs.length === 0) return nothingCrosses(context, named.value)
  const crossing: Chosen = given.how === 'both' ? new Map() : crossingItems(context, pairs)
  const { going, anew, strange } = given.how === 'split' ? splitAt(crossing, kept.value) : { going: crossing, anew: new Map<Claim, readonly string[]>(), strange: null }
  if (strange !== null) return failure('FIELD_INVALID', `${shownItem(strange)} is in nothing of this session that crosses; --split names what it keeps of its own`, { field: 'scope', details: { scope: strange }, next: ['skein claims --mine'] })
  // first what is kept of a wider item, so that the record that settles can name it; what is kept is held throughout
  const fresh = [...anew].flatMap(([{ repo, mode, reason, until, where }, scope]) => claimDrafts({ repo, scope, mode, reason: reason ?? undefined, until, where }))
  const claimed = fresh.length === 0 ? success([]) : await host.write(session, fresh)
  if (!claimed.ok) return claimed
  const made = claimed.value.map(({ id }) => id)
  const before = given.how === 'both' ? saidBefore(context, pairs) : null
  const drafts = before !== null ? [] : [...resolveDrafts([named.value.id, ...made], pairs, given, kept.value), ...releaseDrafts(going, given.reason)]
  const written = drafts.length === 0 ? success([]) : await host.write(session, drafts)
  if (!written.ok) return written
  if (going.size > 0) forgetTold(host)
  const [first] = made
  const shown = (claim: Claim): string => view.shortId(claim.entry)
  const nameOf = (id: RecordId): string => {
    const entry = view.record(id)
    return entry === null ? id : view.shortId(entry)
  }
  return {
    ok: true,
    data: {
      how: given.how,
      records: before ?? written.value.filter(({ kind }) => kind === 'resolve').map(({ id }) => nameOf(id)),
      settled: pairs.map(({ mine, other, witness }) => ({ mine: shown(mine), claim: shown(other), holder: holderText(host, other), witness })),
      released: [...going.values()].map(({ claim, items }) => ({ claim: shown(claim), scope: [...items], whole: items.size === claim.scope.length })),
      kept: [...kept.value],
      claim: first === undefined ? null : nameOf(first)
    },
    ...(named.value.repo === '' ? {} : { repositories: [named.value.repo] })
  }
}

/** Settles what crosses: this session yields what the other holds too, keeps a part, or both go on. Said to everybody, and undoes nothing of the other's. */
export const resolve = operation({
  name: 'resolve',
  args,
  data,
  tells: true,
  run: (context, given) => oneAtATime(context.host, claimsOf(context.session), () => resolveNow(context, given))
})
