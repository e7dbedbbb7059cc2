import { z } from 'zod'
import type { HostId, HostKey, Millis, SessionName } from '../core/brand.js'
import { ageOf, sameTree, stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { overriding } from '../core/coordination/policy/directive.js'
import { visible } from '../core/coordination/records/visible.js'
import type { Host } from '../host/host.js'
import { shortActId } from './act-ids.js'
import { ageText, iso } from './age.js'
import { decreesOf } from './decrees.js'
import { heardAt } from './freshness.js'

export { ageText, iso }

export const holderText = (host: Host, claim: Pick<Claim, 'hostKey' | 'session'>): string => `${host.nameOf(claim.hostKey)}/${claim.session}`

/** `h-8k2f0mqx`: a host's id as it is shown. */
export const shownHostId = (id: HostId): string => `h-${id.slice(0, 8)}`

/** When the holder's host was last heard: `heard 2 s ago`, `never heard here`. */
export const heardText = (host: Host, key: HostKey): string => {
  if (key === host.replica.key) return 'this host'
  const heard = heardAt(host, key)
  return heard === null ? 'never heard here' : `heard ${ageText(host.now().wall - heard)} ago`
}

/** `main` for `refs/heads/main`, as far as it may be shown. */
export const branchName = (branch: string): string => visible(branch.replace(/^refs\/heads\//, ''))

/** `14:02Z` today, `2026-11-19 14:02Z` on another day. */
export const clockText = (at: Millis, now: Millis): string => {
  const [day = '', time = ''] = iso(at).split('T')
  return `${day === iso(now).slice(0, 10) ? '' : `${day} `}${time.slice(0, 5)}Z`
}

/** `mac/claude-7f3a holds src/auth/** since 14:02Z (4 min): "rewrite the login flow"`, with the reason quoted as its author's. */
export const claimText = (host: Host, claim: Claim, now: Millis): string => {
  const reason = claim.reason === null ? '' : `: "${visible(claim.reason)}"`
  const scope = claim.scope.map(item => (item === '' ? ':/' : visible(item)))
  const shown = scope.length > SHOWN_ITEMS ? `${scope.slice(0, SHOWN_ITEMS).join(' ')} and ${scope.length - SHOWN_ITEMS} more` : scope.join(' ')
  return `${holderText(host, claim)} ${claim.mode === 'shared' ? 'reads' : 'holds'} ${shown} since ${clockText(claim.since, now)} (${ageText(ageOf(claim, now))})${reason}`
}

/** How many items of a scope stand in a sentence. */
const SHOWN_ITEMS = 4

/** The claim as every answer states it. */
export const claimSchema = z.object({
  id: z.string(),
  repository: z.string(),
  scope: z.array(z.string()),
  mode: z.enum(['exclusive', 'shared']),
  host: z.string(),
  host_id: z.string(),
  session: z.string(),
  reason: z.string().nullable(),
  since: z.string(),
  until: z.string(),
  state: z.enum(['not-yet', 'live', 'stale', 'released']),
  /** Whether it writes to the same files as the caller's work tree; null where the caller stands in none. */
  same_tree: z.boolean().nullable(),
  /** Directives of operators that take its place on something of its scope. */
  overridden: z.array(z.string()),
  /** Held by the caller's own session. */
  mine: z.boolean(),
  branch: z.string().nullable(),
  base: z.string().nullable(),
  /** When its host was heard last. */
  heard: z.string().nullable()
})

export type ClaimData = z.infer<typeof claimSchema>

/** Where and who the caller is, to say which claims are its own and which lie in its own work tree. */
export interface Viewpoint {
  readonly host: HostId
  readonly session: SessionName
  readonly where: Claim['where']
}

/** A claim as it stands in JSON. */
export const claimData = (host: Host, claim: Claim, now: Millis, from: Viewpoint): ClaimData => {
  const heard = heardAt(host, claim.hostKey)
  const { directives } = decreesOf(host)
  return {
    id: host.replica.view.shortId(claim.entry),
    repository: claim.repo,
    scope: [...claim.scope],
    mode: claim.mode,
    host: host.nameOf(claim.hostKey),
    host_id: shownHostId(claim.host),
    session: claim.session,
    reason: claim.reason,
    since: iso(claim.since),
    until: iso(claim.until),
    state: stateOf(claim, now),
    same_tree: from.where === null ? null : sameTree(from, claim),
    overridden: overriding(directives, claim.scope.map(item => ({ repo: claim.repo, item })), now).map(({ act }) => shortActId('d', directives.map(each => each.act), act)),
    mine: claim.host === from.host && claim.session === from.session,
    branch: claim.where?.branch ?? null,
    base: claim.where?.base ?? null,
    heard: heard === null ? null : iso(heard)
  }
}
