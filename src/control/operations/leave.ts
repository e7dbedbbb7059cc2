import { z } from 'zod'
import type { SessionName } from '../../core/brand.js'
import type { Claim } from '../../core/coordination/claims/claim.js'
import { LIMITS } from '../../core/limits.js'
import { success, type Failure, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { syncRound } from '../../host/sync-round.js'
import type { Warning } from '../envelope.js'
import { operation } from '../operation.js'
import { networkOf, syncedPeer, syncedPeerSchema } from './sync.js'

const data = z.object({
  host: z.string(),
  mesh: z.string(),
  /** Claims that were still held and are released. */
  released: z.number().int(),
  /** It had left before: the peers are only told again. */
  already: z.boolean(),
  /** Hosts that have it on their disk. */
  told: z.array(z.string()),
  peers: z.array(syncedPeerSchema)
})

export type LeaveData = z.infer<typeof data>

interface Releases {
  readonly released: number
  /** Claims that run out by themselves: a full log takes no release. */
  readonly kept: number
}

const NO_RELEASES: Releases = { released: 0, kept: 0 }

/** Each session ends its own claims: no record of another session could. A log that is full keeps nobody from leaving. */
const releaseAll = async (host: Host): Promise<Result<Releases>> => {
  const held = new Map<SessionName, Claim[]>()
  for (const claim of host.replica.view.claims.inState(host.meshNow(), ['live', 'stale', 'not-yet'])) {
    if (claim.host === host.replica.hostId) held.set(claim.session, [...(held.get(claim.session) ?? []), claim])
  }
  let [released, kept] = [0, 0]
  for (const [session, claims] of held) {
    for (let from = 0; from < claims.length; from += LIMITS.idsPerRecord) {
      const ids = claims.slice(from, from + LIMITS.idsPerRecord).map(({ id }) => id)
      const written = await host.write(session, [{ kind: 'release', fields: { claims: ids, reason: 'its host leaves the mesh' } }])
      if (!written.ok && written.failure.code !== 'LOG_FULL' && written.failure.code !== 'KEY_SPENT') return written
      if (written.ok) released += ids.length
      else kept += ids.length
    }
  }
  return success({ released, kept })
}

const retire = async (host: Host): Promise<Failure | null> => {
  const retired = await host.runtime.retire()
  return retired.ok ? null : retired.failure
}

/** This host gives back what it holds and leaves the mesh for good. Whoever can be reached is told; a second call tells the others. */
export const leave = operation({
  name: 'leave',
  args: z.object({}),
  data,
  tells: false,
  renewsLeases: false,
  run: async ({ host }) => {
    const already = host.replica.hasLeft
    const releases = already ? success(NO_RELEASES) : await releaseAll(host)
    if (!releases.ok) return releases
    const { released, kept } = releases.value
    const failed = already ? null : await retire(host)
    if (failed !== null) return { ok: false, failure: failed }
    const network = await networkOf(host)
    const outcomes = network.ok ? await syncRound(host, network.value, LIMITS.syncMs) : []
    const peers = outcomes.map(outcome => syncedPeer(host, outcome))
    const told = peers.flatMap(({ host: name, state }) => (state === 'level' && name !== null ? [name] : []))
    const others = [...host.replica.acts.roster().members.values()].filter(({ key, state }) => key !== host.replica.key && state === 'member')
    const untold = told.length === 0 && others.length > 0
    const warnings: Warning[] = [
      ...(kept === 0 ? [] : [{ code: 'CLAIMS_KEPT', text: `${kept === 1 ? 'a claim' : `${kept} claims`} could not be released, since the log is full: they end with their leases`, details: { kept } }]),
      ...(untold ? [{ code: 'NOBODY_TOLD', text: 'no other host was reached: they see this host as a member until it could tell one of them', details: { failures: peers.flatMap(({ failures }) => failures) } }] : [])
    ]
    return { ok: true, data: { host: host.nameOf(host.replica.key), mesh: host.settings.meshName, released, already, told, peers }, warnings, next: untold ? ['skein sync'] : [] }
  }
})
