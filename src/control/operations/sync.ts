import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import type { Network } from '../../host/network.js'
import { syncRound, type PeerOutcome } from '../../host/sync-round.js'
import { operation } from '../operation.js'

export const syncedPeerSchema = z.object({
  /** Null: an address added by hand, at which nobody was met. */
  host: z.string().nullable(),
  /** `level`: both hold the same. `linked`: reached, and still behind. `failed`: not reached. */
  state: z.enum(['level', 'linked', 'failed']),
  address: z.string(),
  posture: z.string().nullable(),
  round_trip_ms: z.number().int().nullable(),
  received: z.number().int(),
  views_equal: z.boolean().nullable(),
  failures: z.array(z.object({ url: z.string(), code: z.string(), text: z.string() }))
})

export type SyncedPeer = z.infer<typeof syncedPeerSchema>

/** One peer's part of a round, as it is told. */
export const syncedPeer = (host: Host, { key, link, address, failures, received, level, viewsEqual }: PeerOutcome): SyncedPeer => ({
  host: key === null ? null : host.nameOf(key),
  state: level ? 'level' : link === null ? 'failed' : 'linked',
  address: address.replace(/^wss?:\/\//, ''),
  posture: link === null ? null : (host.runtime.postureOf(link.id) ?? link.posture),
  round_trip_ms: link === null || link.roundTripMs === null ? null : Math.round(link.roundTripMs),
  received,
  views_equal: viewsEqual,
  failures: failures.map(({ url, code, text }) => ({ url, code, text }))
})

/** The daemon's network, or one for this call alone, which only dials. */
export const networkOf = async (host: Host): Promise<Result<Network>> => (host.network === null ? host.connect({ listen: false }) : success(host.network))

const data = z.object({ peers: z.array(syncedPeerSchema), records: z.number().int(), view_hash: z.string(), by_daemon: z.boolean() })

export type SyncData = z.infer<typeof data>

/** Dials everybody now and exchanges until both sides hold the same, with or without a daemon. No when nobody was reached. */
export const sync = operation({
  name: 'sync',
  args: z.object({}),
  data,
  tells: true,
  run: async ({ host }) => {
    const network = await networkOf(host)
    if (!network.ok) return network
    const outcomes = await syncRound(host, network.value, LIMITS.syncMs)
    const peers = outcomes.map(outcome => syncedPeer(host, outcome))
    const reached = peers.some(({ state }) => state !== 'failed')
    return {
      ok: true,
      data: { peers, records: host.replica.view.count, view_hash: host.replica.view.hash(), by_daemon: host.daemonSince !== null },
      exit: reached ? 0 : 1,
      next: peers.length === 0 ? ['skein invite', 'skein peers add ADDRESS'] : reached ? [] : ['skein peers']
    }
  }
})
