import type { ActId, HostKey } from '../core/brand.js'
import { writeAct } from '../core/coordination/membership/act.js'
import { proveRotation } from '../core/coordination/membership/rotation.js'
import type { Signer } from '../core/crypto.js'
import { toHex } from '../core/encoding/bytes.js'
import { ownHeads } from '../core/replica/own/own-heads.js'
import type { Replica } from '../core/replica/replica.js'
import { failure, success, type Result } from '../core/result.js'
import type { Keys } from '../ports/keys.js'
import type { Host } from './host.js'
import { JOINING_NOTE } from './joining-note.js'

/** Under this note a home keeps that a change of its key, cut short, was finished or taken back, until somebody was told. */
export const ROTATION_NOTE = 'rotation'

/** What a start made of a change of key that was cut short; null where there was none, or where it cannot be told yet. */
export type Settled = 'finished' | 'taken back' | null

const hexOf = ({ publicKey }: Signer): HostKey => toHex(publicKey) as HostKey

/**
 * A new key for a host on whose store nobody else writes and that has no links (rules B6). In this order, so that whoever is killed between leaves
 * nothing that the next start cannot finish or take back (`settleRotation`): the new key's file, the act on disk, the new file in place of the old.
 * The host is of no use afterwards; it is opened again with its new key.
 */
export const changeKey = async (host: Host, operator: Signer, reason: string): Promise<Result<{ readonly act: ActId; readonly key: HostKey }>> => {
  const { replica, runtime, adapters, paths } = host
  const keys = adapters.keys(paths.folder)
  const old = await keys.host()
  if (!old.ok) return old
  // a proof of an invitation by the old key says nothing for the new one
  runtime.note(JOINING_NOTE, null)
  await runtime.settled()
  const next = await keys.createNextHost()
  if (!next.ok) return next
  const written = rotationOf(replica, host.now().wall, { operator, old: old.value, next: next.value, reason })
  if (!written.ok) return afterDropping(keys, written)
  const submitted = await runtime.submitAct(written.value)
  // whether a store that failed holds the act only the next start can tell
  if (!submitted.ok) return submitted
  const act = replica.acts.add(written.value)
  if (!act.ok || !isSuccessor(replica, hexOf(next.value))) return afterDropping(keys, failure('NO_OPERATOR_KEY', 'the act that names the new key does not stand: its signer is an operator no longer, or another rotation of this key ranks above it', { next: ['skein operator list'] }))
  const promoted = await keys.promoteNextHost()
  return promoted.ok ? success({ act: act.value.act.id, key: hexOf(next.value) }) : promoted
}

interface Rotating {
  readonly operator: Signer
  readonly old: Signer
  readonly next: Signer
  readonly reason: string
}

/** All that the old key wrote and signed stays. `TOO_LARGE` where one act cannot name it. */
const rotationOf = (replica: Replica, wall: number, { operator, old, next, reason }: Rotating): Result<Uint8Array> => {
  const { mesh, acts, key } = replica
  const signed = [...acts.values()].filter(({ signer }) => (signer as string) === key).map(({ id }) => id)
  const body = { ...proveRotation(mesh, old, next), heads: ownHeads(replica.logs, key), acts: signed, ...(reason === '' ? {} : { reason }) }
  return writeAct({ mesh, stamp: replica.stampFor(wall), seen: acts.roster().newestActs(toHex(operator.publicKey)), content: { kind: 'rotate', body } }, operator)
}

/** Another key has taken the place of the one that this home was opened with. */
export const isReplaced = ({ acts, key }: Replica): boolean => {
  const admitted = acts.roster().admits(key)
  return admitted.state === 'named' && admitted.how === 'rotated'
}

const isSuccessor = (replica: Replica, next: HostKey): boolean => isReplaced(replica) && replica.acts.roster().members.get(next)?.hostId === replica.hostId

const afterDropping = async (keys: Keys, why: ReturnType<typeof failure>): Promise<Result<never>> => {
  await keys.dropNextHost()
  return why
}

/**
 * At start, with everything stored given back: a next key whose act is on disk takes its place, one that no act names is given up. Nothing of it
 * went to another host before it was on disk. Where the roster was lost with the store nothing can be told until a peer has given it back.
 */
export const settleRotation = async (replica: Replica, keys: Keys): Promise<Result<Settled>> => {
  const next = await keys.nextHost()
  if ((next.ok && next.value === null) || replica.fenced !== null || replica.acts.roster().mesh === null) return success(null)
  if (!isReplaced(replica)) {
    const dropped = await keys.dropNextHost()
    return dropped.ok ? success('taken back') : dropped
  }
  if (!next.ok || next.value === null || !isSuccessor(replica, hexOf(next.value))) return success(null)
  const promoted = await keys.promoteNextHost()
  return promoted.ok ? success('finished') : promoted
}
