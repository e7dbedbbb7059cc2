import { z } from 'zod'
import { claimsFull } from '../../core/coordination/claims/bound.js'
import { givesWayTo, overlapClass, sameTree, stateOf, type Strictness } from '../../core/coordination/claims/claim.js'
import type { Overlapping } from '../../core/coordination/claims/claimtable.js'
import type { Directive } from '../../core/coordination/membership/directives.js'
import type { Policy } from '../../core/coordination/membership/policies.js'
import { OVERLAP_RULES } from '../../core/coordination/policy/keys.js'
import { stopAt } from '../../core/coordination/policy/directive.js'
import { overlapRuleBetween, type OverlapRule } from '../../core/coordination/policy/policy.js'
import { quoted } from '../../core/coordination/records/visible.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success } from '../../core/result.js'
import { decreesOf } from '../decrees.js'
import { directiveRow } from '../directives.js'
import { enrolledByClaim } from '../enrolling.js'
import type { Warning } from '../envelope.js'
import { leaseFor } from '../lease.js'
import { tell } from '../notices.js'
import { claimsOf, oneAtATime } from '../one-at-a-time.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { claimDrafts, heldItem, type Wanted } from '../passing/drafts.js'
import { policyRow, policyText } from '../policies.js'
import { renewalDraft } from '../renewal.js'
import { scopeHere, type ScopeHere } from '../scopes.js'
import { untoldTwins } from '../twins.js'
import { claimData, claimSchema, holderText, iso, type Viewpoint } from '../words.js'

const args = z.object({
  scope: z.array(z.string()).min(1).max(LIMITS.itemsPerCommand),
  /** Length of the lease in milliseconds. */
  for_ms: z.number().int().optional(),
  reason: z.string().optional(),
  tags: z.array(z.string()).default([]),
  shared: z.boolean().default(false),
  /** Refuses, and records nothing, where another session's live claim overlaps; `same-tree`: only where one would overwrite the other. */
  strict: z.union([z.boolean(), z.literal('same-tree')]).default(false),
  /** The same, said of several scopes: all of them or none. */
  all: z.boolean().default(false)
})

type Args = z.infer<typeof args>

const holder = z.object({ claim: z.string(), holder: z.string(), host: z.string(), session: z.string(), reason: z.string().nullable(), since: z.string(), until: z.string(), witness: z.string(), same_tree: z.boolean() })

const itemSchema = z.object({
  /** As typed. */
  path: z.string(),
  /** As recorded. */
  scope: z.string(),
  acquired: z.boolean(),
  /** This session held it already: its lease was renewed and no second claim made. */
  renewed: z.boolean(),
  claim: z.string().nullable(),
  /** Live claims of other sessions that overlap it, the one that leads first; at most 32. */
  held_by: z.array(holder),
  /** How many there are. */
  held_count: z.number().int()
})

const data = z.object({
  /** The claim that was made, or the first that was renewed. */
  id: z.string(),
  repository: z.string().nullable(),
  scope: z.array(z.string()),
  until: z.string(),
  claims: z.array(claimSchema),
  items: z.array(itemSchema),
  /** Live claims of other sessions that overlap any of it; at most 32. */
  overlaps: z.array(holder),
  overlap_count: z.number().int()
})

export type ClaimAnswer = z.infer<typeof data>

const overlapsOf = ({ host, session }: OperationContext, here: ScopeHere, { shared }: Args): Overlapping[] =>
  host.replica.view.claims.overlapping({ repo: here.repo ?? '', scope: here.scope, mode: shared ? 'shared' : 'exclusive' }, host.meshNow(), {
    exceptSession: { host: host.replica.hostId, session }
  })

const holderOf = ({ host }: OperationContext, from: Viewpoint, { claim, witness }: Overlapping): z.infer<typeof holder> => {
  const { id, host: name, session, reason, since, until, same_tree } = claimData(host, claim, host.meshNow(), from)
  return { claim: id, holder: holderText(host, claim), host: name, session, reason, since, until, witness, same_tree: same_tree ?? false }
}

/** Who holds each item, and who holds any: bounded lists with their true lengths. */
const holdersOf = (context: OperationContext, from: Viewpoint, overlaps: readonly Overlapping[]) => {
  const byItem = new Map<string, Overlapping[]>()
  const byClaim = new Map<string, Overlapping>()
  for (const overlap of overlaps) {
    const some = byItem.get(overlap.item)
    if (some === undefined) byItem.set(overlap.item, [overlap])
    else some.push(overlap)
    if (!byClaim.has(overlap.claim.id)) byClaim.set(overlap.claim.id, overlap)
  }
  const listed = (some: readonly Overlapping[]) => some.slice(0, LIMITS.holdersListed).map(each => holderOf(context, from, each))
  return {
    ofItem: (item: string) => ({ held_by: listed(byItem.get(item) ?? []), held_count: byItem.get(item)?.length ?? 0 }),
    all: { overlaps: listed([...byClaim.values()]), overlap_count: byClaim.size }
  }
}

/** A live claim of another session because of which nothing is claimed, and the policy that says so; without one it was asked for with `--strict`. */
interface Refusing {
  readonly overlap: Overlapping
  readonly rule: OverlapRule
  readonly policy: Policy | null
}

/** The first overlap of the strictest rule, or null where all may be claimed. */
const refusing = ({ host, session }: OperationContext, here: ScopeHere, overlaps: readonly Overlapping[], strict: Strictness): Refusing | null => {
  const { policies } = decreesOf(host)
  const own = { host: host.replica.hostId, session, where: here.place?.where ?? null }
  const repo = here.repo ?? ''
  let found: Refusing | null = null
  for (const overlap of overlaps) {
    const { rule, policy } = overlapRuleBetween(policies, { repo, item: overlap.item }, { repo, item: overlap.other }, sameTree(own, overlap.claim), host.meshNow())
    if (rule === 'warn' ? found !== null || !givesWayTo(strict, overlapClass(own, overlap.claim, overlap.item)) : found !== null && OVERLAP_RULES.indexOf(rule) <= OVERLAP_RULES.indexOf(found.rule)) continue
    found = { overlap, rule, policy: rule === 'warn' ? null : policy }
  }
  return found
}

/** Says who holds what and which policy refuses it, in absolute times: asked again, the same text comes. */
const refused = (context: OperationContext, here: ScopeHere, from: Viewpoint, overlaps: readonly Overlapping[], why: Refusing | null): Outcome<ClaimAnswer> => {
  const { host } = context
  const { all, ofItem } = holdersOf(context, from, overlaps)
  const first = why === null ? all.overlaps[0] : holderOf(context, from, why.overlap)
  const others = all.overlap_count > 1 ? ` and ${all.overlap_count - 1} more` : ''
  const reason = first === undefined || first.reason === null ? '' : `, ${quoted(first.reason)}`
  const since = first === undefined || why?.policy == null ? '' : `, since ${first.since}`
  const who = first === undefined ? 'another session' : `${first.holder} (${first.claim}${since}${reason})${others}`
  const policy = why?.policy == null ? '' : `; policy ${policyText(host, why.policy)}`
  const items = here.items.map(({ typed, item }) => ({ path: typed, scope: item, acquired: false, renewed: false, claim: null, ...ofItem(item) }))
  return failure(why?.rule === 'deny' ? 'CLAIM_DENIED' : 'CLAIM_HELD', `held by ${who}; nothing was claimed${policy}`, {
    details: { items, ...all, policy: why?.policy == null ? null : policyRow(host, why.policy) },
    next: [`skein who ${here.items[0]?.typed ?? ''}`]
  })
}

/** The operator's own words, and who said them when: the same text whenever it is asked. */
const stopped = (context: OperationContext, directive: Directive): Outcome<ClaimAnswer> => {
  const { id, by, since, until, text } = directiveRow(context, directive)
  const end = until === null ? 'until it is withdrawn' : `until ${until}`
  return failure('DIRECTIVE_STOP', `stopped by ${id} of ${by}, since ${since}, ${end}: ${quoted(text)}; nothing was claimed`, { details: { directive: id, by, since, until }, next: [`skein show ${id}`] })
}

/**
 * Says that this session works on a scope. Advisory: an overlap is a warning. What the session holds already is renewed; the answer names
 * every item, what became of it, and who else holds it.
 */
export const claim = operation({
  name: 'claim',
  args,
  data,
  tells: true,
  run: (context, given) => oneAtATime(context.host, claimsOf(context.session), () => claimNow(context, given))
})

const claimNow = async (context: OperationContext, given: Args): Promise<Outcome<ClaimAnswer>> => {
  const { host, session, caller } = context
  const { view, hostId } = host.replica
  const meshNow = host.meshNow()
  const lease = leaseFor(given.for_ms, caller.person)
  if (!lease.ok) return lease
  const found = await scopeHere(context, given.scope, true)
  if (!found.ok) return found
  const here = found.value
  const from: Viewpoint = { host: hostId, session, where: here.place?.where ?? null }
  const strict = given.strict === false ? given.all : given.strict
  const own = view.claims.ofSession(hostId, session, meshNow)
  const until = meshNow + lease.value
  const wanted: Wanted = { repo: here.repo ?? '', scope: here.scope, mode: given.shared ? 'shared' : 'exclusive', reason: given.reason, tags: [...new Set(given.tags)], until, where: here.place?.where ?? null }
  const held = new Map(here.scope.flatMap(item => {
    const claim = heldItem(own, wanted, item)
    return claim === undefined ? [] : [[item, claim] as const]
  }))
  const fresh = here.scope.filter(item => !held.has(item))
  // one that lapsed is claimed anew: others may have claimed it since
  const holds = (item: string): boolean => {
    const claim = held.get(item)
    return claim !== undefined && stateOf(claim, meshNow) !== 'stale'
  }
  const stop = stopAt(decreesOf(host).directives, here.scope.filter(item => !holds(item)).map(item => ({ repo: here.repo ?? '', item })), meshNow)
  if (stop !== null) return stopped(context, stop)
  const before = overlapsOf(context, here, given)
  // a policy says nothing of what this session holds already
  const why = refusing(context, here, strict !== false ? before : before.filter(({ item }) => !holds(item)), strict)
  if (why !== null) return refused(context, here, from, before, why)
  const claiming = claimDrafts({ ...wanted, scope: fresh })
  // asked before a repository is enrolled for it, so that nothing at all is recorded
  const full = claimsFull(view.claims, { host: hostId, asked: claiming.length, ending: new Set() }, meshNow)
  if (full !== null) return full
  const enrolled = await enrolledByClaim(host, here.place)
  if (!enrolled.ok) return enrolled
  const renewed = [...new Set(held.values())]
  const renewals = renewed.some(claim => claim.until < until) ? [renewalDraft(own, renewed, until, meshNow)] : []
  const drafts = [...renewals, ...claiming]
  const written = drafts.length === 0 ? success([]) : await host.write(session, drafts, { strict })
  if (!written.ok) {
    const { directive } = written.failure.details ?? {}
    const late = decreesOf(host).directives.find(({ act }) => act === directive)
    if (late !== undefined) return stopped(context, late)
    if (written.failure.code !== 'CLAIM_HELD' && written.failure.code !== 'CLAIM_DENIED') return written
    const overlaps = overlapsOf(context, here, given)
    return refused(context, here, from, overlaps, refusing(context, here, overlaps, strict))
  }

  const now = host.meshNow()
  const made = written.value.flatMap(({ id, kind }) => (kind === 'claim' ? [id] : []))
  const standing = [...made, ...renewed.map(({ id }) => id)].flatMap(id => {
    const claim = view.claims.claim(id)
    return claim === null ? [] : [claim]
  })
  const { all, ofItem } = holdersOf(context, from, overlapsOf(context, here, given))
  const told = await tell(context, 'CLAIM_OVERLAP', new Set(standing.map(({ id }) => id)))
  const items = here.items.map(({ typed, item }) => {
    const claim = standing.find(({ scope, id }) => scope.includes(item) && (held.get(item)?.id ?? id) === id)
    return {
      path: typed,
      scope: item,
      acquired: true,
      renewed: held.has(item),
      claim: claim === undefined ? null : view.shortId(claim.entry),
      ...ofItem(item)
    }
  })
  const claims = standing.map(each => claimData(host, each, now, from))
  const reasonKept: Warning[] = renewed
    .filter(({ reason }) => given.reason !== undefined && reason !== given.reason)
    .map(({ entry, reason }) => ({
      code: 'REASON_KEPT',
      text: `${view.shortId(entry)} is held already${reason === null ? ' without a reason' : ` for ${quoted(reason)}`}, and a record never changes; release it first to claim it for another.`,
      details: { claim: view.shortId(entry), reason }
    }))
  return {
    ok: true,
    data: {
      id: claims[0]?.id ?? '',
      repository: here.repo,
      scope: [...here.scope],
      until: iso(Math.max(...standing.map(each => each.until))),
      claims,
      items,
      ...all
    },
    warnings: [...enrolled.value, ...reasonKept, ...told, ...(here.repo === null ? [] : untoldTwins(context, here.repo))],
    repositories: here.repo === null ? [] : [here.repo]
  }
}
