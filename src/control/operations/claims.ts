import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import type { Millis, RecordId } from '../../core/brand.js'
import { stateOf, type Claim, type ClaimState } from '../../core/coordination/claims/claim.js'
import type { Looks } from '../../core/coordination/claims/claimtable.js'
import type { Crossing } from '../../core/coordination/claims/crossing.js'
import { authorText } from '../../core/coordination/records/entry.js'
import type { View } from '../../core/coordination/view.js'
import { LIMITS } from '../../core/limits.js'
import { success } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { addresseeText } from '../addressees.js'
import { momentOf, type Moment } from '../history.js'
import { operation, type OperationContext } from '../operation.js'
import { repositoryHere } from '../place.js'
import { settledData, settledSchema } from '../passing/settled.js'
import { pathsHere } from '../scopes.js'
import { waitersOf, waiterSchema, type WaiterRow } from '../waiting/waiters.js'
import { claimData, claimSchema, holderText, type Viewpoint } from '../words.js'

const args = z.object({
  /** Only claims that overlap one of these; all when empty. */
  scope: z.array(z.string()).max(LIMITS.itemsPerCommand).default([]),
  mine: z.boolean().default(false),
  at: z.number().optional().describe('wall clock in ms: as it was then'),
  limit: z.number().int().min(1).max(LIMITS.claimsListed).default(LIMITS.claimsListed)
})

/** Another session's live claim that overlaps this one. */
const crossing = z.object({
  claim: z.string(),
  holder: z.string(),
  witness: z.string(),
  same_tree: z.boolean(),
  settled: settledSchema.nullable().describe('the newest word of a holder of one of the two; null: open')
})

const listed = claimSchema.extend({
  /** Whether it leads all live claims that it crosses; true where it crosses none, null where that was not looked at. */
  lead: z.boolean().nullable(),
  /** How many reclaims by others its holder has not taken back. */
  reclaimed: z.number().int(),
  reclaimed_by: z.array(z.string()).describe('who, as host/session'),
  offered: z.array(z.object({ offer: z.string(), to: z.string() })).describe('offers of it that nobody has taken, rejected or taken back'),
  crossings: z.array(crossing),
  /** Sessions that wait for it to end; at most 8. */
  waiting: z.array(waiterSchema)
})

const data = z.object({
  /** The repository around the caller, which a scope is read in; null outside of any. */
  repository: z.string().nullable(),
  scope: z.array(z.string()),
  claims: z.array(listed),
  total: z.number().int(),
  /** How many more there are than are listed. */
  left_off: z.number().int()
})

export type ClaimsData = z.infer<typeof data>
export type ListedClaim = z.infer<typeof listed>

const STANDING: readonly ClaimState[] = ['live', 'not-yet', 'stale']
const CROSSINGS_SHOWN = 8

const found = ({ host, session }: OperationContext, { view, time: meshNow }: Moment, mine: boolean, repo: string, scope: readonly string[]): Claim[] => {
  const { hostId } = host.replica
  const isMine = (claim: Claim): boolean => claim.host === hostId && claim.session === session
  if (scope.length === 0) return mine ? view.claims.ofSession(hostId, session, meshNow) : view.claims.inState(meshNow, STANDING)
  const overlapping = new Map<RecordId, Claim>()
  for (const { claim } of view.claims.overlapping({ repo, scope, mode: 'exclusive' }, meshNow, { states: STANDING })) {
    if (!mine || isMine(claim)) overlapping.set(claim.id, claim)
  }
  return [...overlapping.values()]
}

/** Live first, then by age; stable, so that two hosts with one view list alike. */
const inOrder = (claims: readonly Claim[], now: number): Claim[] =>
  claims.toSorted((left, right) => STANDING.indexOf(stateOf(left, now)) - STANDING.indexOf(stateOf(right, now)) || left.since - right.since || (left.id < right.id ? -1 : 1))

/** Claims that are stated at a time; between two pages the daemon does what else waits. */
const PAGE = 250

/** Where nobody who was asked has answered yet, or not all. */
const offersOf = (host: Host, view: View, claim: Claim, now: Millis): ListedClaim['offered'] =>
  view.claims.offers.of(claim.entry).flatMap(offer => {
    const { to, expires } = offer.parsed.record.fields
    const isOpen = to !== undefined && !view.deliveries.settled(offer) && (expires === undefined || now <= expires) && !view.deliveries.of(offer, { now, atPeer: () => false }).every(({ state }) => state === 'acked' || state === 'refused')
    return isOpen ? [{ offer: view.shortId(offer), to: addresseeText(host, to) }] : []
  })

/** One page of claims with the crossings of those that are live. */
const page = ({ host }: OperationContext, { view, time: meshNow }: Moment, claims: readonly Claim[], from: Viewpoint, looks: Looks, waiters: ReadonlyMap<RecordId, WaiterRow[]>): ListedClaim[] => {
  const live = claims.filter(claim => stateOf(claim, meshNow) === 'live')
  const byClaim = new Map<RecordId, Crossing[]>(live.map(({ id }) => [id, []]))
  for (const each of view.claims.crossingsOf(live, meshNow, looks)) for (const { id } of [each.lead, each.follows]) byClaim.get(id)?.push(each)
  return claims.map(claim => {
    const crossings = byClaim.get(claim.id) ?? []
    const follows = crossings.some(each => each.follows.id === claim.id)
    return {
      ...claimData(host, claim, meshNow, from),
      lead: follows ? false : looks.left >= 0 ? true : null,
      reclaimed: claim.reclaims.length,
      reclaimed_by: [...new Set(claim.reclaims.map(entry => authorText(entry, view.names())))],
      offered: offersOf(host, view, claim, meshNow),
      crossings: crossings.slice(0, CROSSINGS_SHOWN).map(({ lead, follows: behind, witness, class: overlapClass, resolutions }) => {
        const other = lead.id === claim.id ? behind : lead
        return { claim: view.shortId(other.entry), holder: holderText(host, other), witness, same_tree: overlapClass === 'same-tree', settled: settledData(view, resolutions) }
      }),
      waiting: (waiters.get(claim.id) ?? []).slice(0, CROSSINGS_SHOWN)
    }
  })
}

/** Who holds what, on every host: what stands here, of all repositories or of a scope. */
export const claims = operation({
  name: 'claims',
  args,
  data,
  tells: true,
  run: async (context, { scope, mine, limit, at }) => {
    const { host, session } = context
    const moment = await momentOf(context, at)
    const { hostId } = host.replica
    const here = scope.length === 0 ? success(null) : await pathsHere(context, scope)
    if (!here.ok) return here
    const around = here.value?.place ?? (await placeAround(context))
    const all = inOrder(found(context, moment, mine, here.value?.repo ?? '', here.value?.scope ?? []), moment.time)
    const from: Viewpoint = { host: hostId, session, where: around?.where ?? null }
    const looks = { left: LIMITS.crossingLooks }
    const waiters = waitersOf(moment.view, moment.time)
    const shown: ListedClaim[] = []
    let bytes = 0
    for (let first = 0; first < Math.min(all.length, limit) && bytes <= LIMITS.claimListBytes; first += PAGE) {
      if (first > 0) await nextTurn()
      for (const row of page(context, moment, all.slice(first, Math.min(first + PAGE, limit)), from, looks, waiters)) {
        bytes += Buffer.byteLength(JSON.stringify(row))
        if (bytes <= LIMITS.claimListBytes) shown.push(row)
      }
    }
    return {
      ok: true,
      data: { repository: around?.repository.key ?? null, scope: [...(here.value?.scope ?? [])], claims: shown, total: all.length, left_off: all.length - shown.length },
      warnings: moment.warnings,
      ...(here.value?.repo === undefined || here.value.repo === null ? {} : { repositories: [here.value.repo] })
    }
  }
})

const placeAround = async ({ host, cwd }: OperationContext) => {
  const found = await repositoryHere(host, cwd)
  return found.ok ? found.value : null
}
