import type { HostKey, Millis } from '../core/brand.js'
import type { DialTarget } from '../core/presence/dial-plan.js'
import type { Link } from '../core/replica/links/link-state.js'
import type { Host } from './host.js'
import type { Attempt, Network } from './network.js'

type FailedAttempt = Extract<Attempt, { ok: false }>

/** What became of one peer in a round. */
export interface PeerOutcome {
  /** Null: an address added by hand, at which nobody was met. */
  readonly key: HostKey | null
  /** As it is now; null where none was made, or where it was lost again. */
  readonly link: Link | null
  /** Address by which it was linked, or the first that was tried. */
  readonly address: string
  readonly failures: readonly FailedAttempt[]
  /** Records that came over this link during the round. */
  readonly received: number
  /** Both ends hold the same frames and acts. */
  readonly level: boolean
  /** Null where the peer never said. */
  readonly viewsEqual: boolean | null
}

interface Reached {
  readonly key: HostKey | null
  readonly address: string
  readonly failures: readonly FailedAttempt[]
}

/** How often a peer that stands elsewhere is asked again. */
const COMPARE_MS = 200

const openLinkTo = (host: Host, key: HostKey | null): Link | null => {
  for (const link of host.replica.links) if (link.phase === 'open' && link.peer?.key === key) return link
  return null
}

/** The first address that leads to a link, or every failure. */
const reachOne = (host: Host, network: Network, targets: readonly DialTarget[]): Promise<Reached> =>
  new Promise(resolve => {
    const failures: FailedAttempt[] = []
    const first = targets[0]?.url ?? ''
    for (const target of targets) {
      void network.link(target).then(attempt => {
        // another link to the same peer was made meanwhile
        if (attempt.ok || (attempt.code === 'LINK_DUPLICATE' && openLinkTo(host, attempt.key) !== null)) return resolve({ key: attempt.key, address: attempt.url, failures })
        failures.push(attempt)
        if (failures.length === targets.length) resolve({ key: targets[0]?.key ?? null, address: first, failures })
        return undefined
      })
    }
  })

/** Addresses of one host together; those of which nobody knows whose they are, each alone. */
const groupByHost = (targets: readonly DialTarget[]): DialTarget[][] => {
  const groups = new Map<string, DialTarget[]>()
  for (const target of targets) groups.set(target.key ?? target.url, [...(groups.get(target.key ?? target.url) ?? []), target])
  return [...groups.values()]
}

/**
 * Dials everybody who is not linked, and exchanges until every peer that was reached holds the same as this host, or the time is over.
 * Each peer comes once, by the order of its first address, those that were linked already first.
 */
export const syncRound = async (host: Host, network: Network, forMs: Millis): Promise<PeerOutcome[]> => {
  const { replica, runtime } = host
  const until = host.now().mono + forMs
  const linked = [...replica.links].filter(link => link.phase === 'open')
  const receivedBefore = new Map(linked.map(link => [link.id, link.received]))
  const busy = new Set<HostKey | null>(linked.map(link => link.peer?.key ?? null))
  const groups = groupByHost(host.targets().filter(({ key }) => key === null || !busy.has(key)))
  const already = linked.map((link): Reached => ({ key: link.peer?.key ?? null, address: link.remote, failures: [] }))
  const reached = new Map<string, Reached>()
  for (const each of [...already, ...(await Promise.all(groups.map(group => reachOne(host, network, group))))]) {
    // this host itself, met at an address of its own
    if (each.key === replica.key || (each.key === null && each.failures.some(({ code }) => code === 'LINK_DUPLICATE'))) continue
    if (!reached.has(each.key ?? each.address)) reached.set(each.key ?? each.address, each)
  }
  const isLevel = (link: Link): boolean => link.theirs?.digest === replica.digest()
  for (;;) {
    const links = [...reached.values()].map(({ key }) => openLinkTo(host, key)).filter(link => link !== null)
    const left = until - host.now().mono
    if (left <= 0 || (links.every(isLevel) && !replica.isBusy)) break
    runtime.feed({ type: 'compare' })
    await runtime.waitFor(event => event.type === 'levelled' || event.type === 'unlinked', Math.min(COMPARE_MS, left))
  }
  return [...reached.values()].map(({ key, address, failures }) => {
    const link = openLinkTo(host, key)
    return {
      key,
      link,
      address,
      failures,
      received: link === null ? 0 : link.received - (receivedBefore.get(link.id) ?? 0),
      level: link !== null && isLevel(link),
      viewsEqual: link === null || link.theirs === null ? null : link.theirs.view === replica.view.hash()
    }
  })
}
