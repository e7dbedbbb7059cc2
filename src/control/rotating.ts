import { LIMITS } from '../core/limits.js'
import { Host } from '../host/host.js'
import { changeKey } from '../host/rotation.js'
import { toHex } from '../core/encoding/bytes.js'
import { failure, success, type Result } from '../core/result.js'
import { makeKeys } from './adapters.js'
import { systemAdapters } from './assembly.js'
import { failureReply, SCHEMA_VERSION, type Reply, type Warning } from './envelope.js'
import type { Caller, Signing } from './operator.js'
import { askDaemon, startDaemon, stopDaemon } from './up.js'
import { shownHostId } from './words.js'

export interface RotatedKeyData {
  readonly host: string
  readonly id: string
  /** The host's key from now on; the old one counts nowhere any more. */
  readonly key: string
  readonly old: string
  readonly act: string
  /** Claims of the host that stand; all of them are its own as before. */
  readonly claims: number
  /** What became of the daemon. */
  readonly daemon: 'up again' | 'none ran' | 'not up again'
}

type Changed = Omit<RotatedKeyData, 'daemon'> & { readonly invitations: number }

/**
 * Gives this home's host a new key. It is done with the daemon stopped: then the old key signs nothing between the heads that the act names and its
 * end. A daemon that ran is started again, also where the key could not be changed.
 */
export const rotateKey = async ({ home, passphrase }: Signing, reason: string, call: Caller): Promise<Reply> => {
  if (reason.length > LIMITS.reasonChars) return failureReply({ code: 'TOO_LARGE', message: `a reason has at most ${LIMITS.reasonChars} characters`, field: '--reason' })
  const operator = await makeKeys(home).operator(passphrase)
  if (!operator.ok) return failureReply({ ...operator.failure, ...(operator.failure.code === 'NO_OPERATOR_KEY' ? { next: ['skein operator key', 'skein operator add KEY --name NAME'] } : {}) })
  const allowed = await call('act-setting', { signer: toHex(operator.value.publicKey) })
  if (!allowed.envelope.ok) return allowed
  const running = await askDaemon(home, 'daemon')
  const stopped = running === null ? null : await stopDaemon(home)
  if (stopped !== null && !stopped.envelope.ok) return stopped
  const changed = await change(home, operator.value, reason)
  const started = running === null ? null : await startDaemon(home)
  if (!changed.ok) return failureReply(changed.failure)
  const { invitations, ...facts } = changed.value
  const warnings: Warning[] = [
    ...(started === null || started.envelope.ok ? [] : [{ code: 'NO_DAEMON', text: `the key was changed, and the daemon did not come up again: ${started.envelope.error.message}`, details: {} }]),
    ...(invitations === 0 ? [] : [{ code: 'INVITATIONS_PINNED', text: `${invitations === 1 ? 'an invitation is' : `${invitations} invitations are`} not used up: where the host to meet first is this one, joining ends with PIN_MISMATCH, and a new invitation is needed`, details: { invitations } }])
  ]
  const data = { ...facts, daemon: started === null ? 'none ran' : started.envelope.ok ? 'up again' : 'not up again' } satisfies RotatedKeyData
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings, freshness: {}, next: started === null ? ['skein up', 'skein sync'] : ['skein peers'] }, exit: 0 }
}

const change = async (home: string, operator: Parameters<typeof changeKey>[1], reason: string): Promise<Result<Changed>> => {
  const opened = await Host.open(home, systemAdapters(), { what: 'skein rotate-key', daemon: false })
  if (!opened.ok) return opened
  const host = opened.value
  const { replica } = host
  try {
    if (replica.fenced !== null) return failure(replica.fenced.code, `nothing is written any more: ${replica.fenced.reason}`, { next: ['skein status'] })
    // what a peer still holds of the own log would lie behind the heads that are named
    if (replica.doubt?.epoch === null) return failure('STORE_DOUBTED', 'this store may hold less than this host wrote: first let the peers give it back, and write something', { next: ['skein up', 'skein sync', 'skein status'] })
    const now = host.meshNow()
    const [name, id, old] = [host.nameOf(replica.key), shownHostId(replica.hostId), replica.key]
    const claims = replica.view.claims.liveOfHost(replica.hostId, now).length
    const invitations = [...replica.acts.roster().invitations.values()].filter(({ cancelled, usedBy, uses, expires }) => !cancelled && usedBy.length < uses && expires > now).length
    const changed = await changeKey(host, operator, reason)
    return changed.ok ? success({ host: name, id, key: changed.value.key, old, act: changed.value.act, claims, invitations }) : changed
  } finally {
    await host.stop()
  }
}
