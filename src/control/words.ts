import type { HostId, HostKey, Millis } from '../core/brand.js'
import { ageOf, sameTree, stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { visible } from '../core/coordination/records/visible.js'
import type { Host } from '../host/host.js'
import { ageText, iso } from './age.js'
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

/** `mac/claude-7f3a holds src/auth/**, since 14:02Z (4 min), until 14:34Z: "rewrite the login flow"`, with the reason quoted as its author's. */
export const claimText = (host: Host, claim: Claim, now: Millis): string => {
  const reason = claim.reason === null ? '' : `: "${visible(claim.reason)}"`
  const scope = claim.scope.map(item => (item === '' ? ':/' : visible(item))).join(' ')
  return `${holderText(host, claim)} holds ${scope} since ${iso(claim.since).slice(11, 16)}Z (${ageText(ageOf(claim, now))})${reason}`
}

/** A claim as it stands in JSON. */
export const claimData = (host: Host, claim: Claim, now: Millis, mine: Pick<Claim, 'host' | 'where'> | null) => ({
  id: host.replica.view.shortId(claim.entry),
  repository: claim.repo,
  scope: [...claim.scope],
  mode: claim.mode,
  host: host.nameOf(claim.hostKey),
  host_id: shownHostId(claim.host),
  session: claim.session as string,
  reason: claim.reason,
  since: iso(claim.since),
  until: iso(claim.until),
  state: stateOf(claim, now),
  same_tree: mine === null ? null : sameTree(mine, claim),
  branch: claim.where?.branch ?? null,
  base: claim.where?.base ?? null,
  heard: heardAt(host, claim.hostKey) === null ? null : iso(heardAt(host, claim.hostKey) ?? 0)
})
