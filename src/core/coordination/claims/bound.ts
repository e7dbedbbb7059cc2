import type { HostId, Millis, RecordId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { failure } from '../../result.js'
import type { ClaimTable } from './claimtable.js'

/** Sessions that are named where there is no room: who holds most is among the first. */
const NAMED = 3

/** Sessions and how many of these claims each holds, those with most first. */
const holdersOf = (claims: Iterable<{ readonly session: string }>): readonly { readonly session: string; readonly claims: number }[] => {
  const counts = new Map<string, number>()
  for (const { session } of claims) counts.set(session, (counts.get(session) ?? 0) + 1)
  return Array.from(counts, ([session, count]) => ({ session, claims: count })).sort((left, right) => right.claims - left.claims || (left.session < right.session ? -1 : 1))
}

/**
 * Why a host makes no more claims: `CLAIMS_FULL`, or null where there is room for as many as are asked. Only a writer is held to it: what is
 * signed counts everywhere, since readers stop a host by its records and not by its claims.
 *
 * @param ending claims that end in the same write
 */
export const claimsFull = (claims: ClaimTable, { host, asked, ending }: { readonly host: HostId; readonly asked: number; readonly ending: ReadonlySet<RecordId> }, now: Millis): ReturnType<typeof failure> | null => {
  if (asked === 0 || claims.standingCount(host) + asked <= LIMITS.liveClaimsPerHost) return null
  const live = claims.liveOfHost(host, now)
  if (live.filter(({ id }) => !ending.has(id)).length + asked <= LIMITS.liveClaimsPerHost) return null
  const holders = holdersOf(live)
  const most = holders.slice(0, NAMED).map(({ session, claims: count }) => `${session} holds ${count}`)
  const others = holders.length > NAMED ? ` and ${holders.length - NAMED} more sessions the rest` : ''
  return failure('CLAIMS_FULL', `this host holds ${live.length} live claims, and ${LIMITS.liveClaimsPerHost} are allowed: ${most.join(', ')}${others}; nothing was claimed. Release what is done, or claim whole folders`, {
    details: { live: live.length, asked, allowed: LIMITS.liveClaimsPerHost, holders: holders.slice(0, LIMITS.holdersListed) },
    next: ['skein release --all', 'skein claims --mine']
  })
}
