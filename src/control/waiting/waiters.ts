import { z } from 'zod'
import type { Millis, RecordId } from '../../core/brand.js'
import type { Claim } from '../../core/coordination/claims/claim.js'
import type { Actor } from '../../core/coordination/claims/actor.js'
import type { View } from '../../core/coordination/view.js'
import { goalsOf } from '../../core/coordination/waiting/goal.js'
import { standingWaits, type Wait } from '../../core/coordination/waiting/wait.js'
import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'
import { shownItem } from '../scopes.js'
import { holderText, iso } from '../words.js'

export const waiterSchema = z.object({
  wait: z.string(),
  by: z.string().describe('the session that waits, as it is addressed'),
  since: z.string(),
  waited_ms: z.number().int()
})

/** Somebody who waits for a claim to end. */
export type WaiterRow = z.infer<typeof waiterSchema>

export const waitingText = (view: View, { host, session }: Actor): string => `${view.names().host(host)}/${session}`

/** Who waits for each claim now: by the claim's id, whoever began first first. */
export const waitersOf = (view: View, now: Millis): ReadonlyMap<RecordId, WaiterRow[]> => {
  const found = new Map<RecordId, WaiterRow[]>()
  for (const wait of standingWaits(view, now)) {
    const row: WaiterRow = { wait: view.shortId(wait.entry), by: waitingText(view, wait), since: iso(wait.since), waited_ms: Math.max(0, Math.round(now - wait.since)) }
    const claims = new Set(goalsOf(view, wait, now).flatMap(({ held }) => held.map(({ id }) => id)))
    for (const id of claims) {
      const rows = found.get(id)
      if (rows === undefined) found.set(id, [row])
      else rows.push(row)
    }
  }
  return found
}

export const obstacleSchema = z.object({ claim: z.string(), holder: z.string(), scope: z.array(z.string()), reason: z.string().nullable(), since: z.string(), until: z.string() })

/** A claim that somebody waits for. */
export type ObstacleRow = z.infer<typeof obstacleSchema>

export const obstacleRow = (host: Host, claim: Claim): ObstacleRow => ({
  claim: host.replica.view.shortId(claim.entry),
  holder: holderText(host, claim),
  scope: [...claim.scope],
  reason: claim.reason,
  since: iso(claim.since),
  until: iso(claim.until)
})

export const waitSchema = z.object({
  wait: z.string(),
  by: z.string(),
  mine: z.boolean(),
  what: z.array(z.string()).describe('items, or ids of claims; it is over when one of them is free'),
  repository: z.string(),
  since: z.string(),
  until: z.string(),
  waited_ms: z.number().int(),
  held_by: z.array(obstacleSchema).describe('empty: free by now')
})

export type WaitRow = z.infer<typeof waitSchema>

/** What a wait is for, as people type it. */
export const wantedTexts = (host: Host, { items, claims }: Pick<Wait, 'items' | 'claims'>): string[] => [...items.map(shownItem), ...claims.map(id => host.replica.view.names().record(id))]

export const waitRow = (host: Host, wait: Wait, now: Millis, session: string): WaitRow => {
  const held = new Map(goalsOf(host.replica.view, wait, now).flatMap(goal => goal.held.map(claim => [claim.id, claim] as const)))
  return {
    wait: host.replica.view.shortId(wait.entry),
    by: waitingText(host.replica.view, wait),
    mine: wait.host === host.replica.hostId && wait.session === session,
    what: wantedTexts(host, wait),
    repository: host.replica.view.repositories.nameOf(wait.repo),
    since: iso(wait.since),
    until: iso(wait.until),
    waited_ms: Math.max(0, Math.round(now - wait.since)),
    held_by: [...held.values()].slice(0, LIMITS.holdersListed).map(claim => obstacleRow(host, claim))
  }
}

/** Waits that the session stands in, and those for what it holds. */
export const waitsAround = (host: Host, session: string, now: Millis): { readonly mine: WaitRow[]; readonly for_me: WaitRow[] } => {
  const mine: WaitRow[] = []
  const forMe: WaitRow[] = []
  for (const wait of standingWaits(host.replica.view, now)) {
    const own = wait.host === host.replica.hostId && wait.session === session
    const isForMine = !own && goalsOf(host.replica.view, wait, now).some(({ held }) => held.some(claim => claim.host === host.replica.hostId && claim.session === session))
    if (own && mine.length < LIMITS.waitsOfSession) mine.push(waitRow(host, wait, now, session))
    if (isForMine && forMe.length < LIMITS.holdersListed) forMe.push(waitRow(host, wait, now, session))
  }
  return { mine, for_me: forMe }
}
