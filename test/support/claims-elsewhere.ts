import type { AuthorId, HostKey, SessionName } from '../../src/core/brand.js'
import { formRecord, recordNaming } from '../../src/core/coordination/records/record.js'
import { hostIdOf } from '../../src/core/domain.js'
import { LIMITS } from '../../src/core/limits.js'
import type { Host } from '../../src/host/host.js'

const MINUTE = 60_000

/**
 * Live claims of a host that is in no roster and has no log, put into this host's view alone: what a mesh of many hosts would show. They are
 * gone with the next act or restart.
 *
 * @param number which of the made-up hosts, from 1
 */
export const claimElsewhere = (host: Host, number: number, session: string, scopes: readonly (readonly string[])[]): void => {
  const { crypto } = host.adapters
  const { view, mesh } = host.replica
  const key = number.toString(16).padStart(2, '0').repeat(32) as HostKey
  view.setRoster(new Map([...view.members(), [key, { hostId: hostIdOf(crypto, key), name: `host${number}`, role: 'worker', state: 'member' }]]))
  const at = Math.floor(host.meshNow())
  const set = scopes.map((scope, count) => {
    const fields = { repo: 'github.com/team/app', scope, mode: 'exclusive', until: at + LIMITS.leaseDefaultMs, turn: [Math.floor(at / MINUTE), 0] }
    const formed = formRecord({ kind: 'claim', session: session as SessionName, stamp: [at, count], offset: 0, fields })
    if (!formed.ok) throw new Error(formed.failure.message)
    return [recordNaming(crypto, mesh, key)(formed.value), formed.value] as const
  })
  view.changeAuthor(`${key}/${'7'.repeat(24)}` as AuthorId, key, { set, removed: [] })
}
