import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import type { ActId, HostKey, MeshId, SessionName } from '../../src/core/brand.js'
import { decodeAct, writeAct } from '../../src/core/coordination/membership/act.js'
import type { ActContent, InvitationKey, SignatureHex } from '../../src/core/coordination/membership/body.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { proveJoining, type JoiningProof } from '../../src/core/coordination/membership/joining.js'
import { formRecord, recordIdOf } from '../../src/core/coordination/records/record.js'
import type { Signer } from '../../src/core/crypto.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { LIMITS } from '../../src/core/limits.js'
import { HybridClock } from '../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../src/core/replication/log-book.js'
import { OwnLog } from '../../src/core/replication/own-log.js'
import type { VerifiedFrame } from '../../src/core/replication/verification.js'
import type { Result } from '../../src/core/result.js'
import type { Batch } from '../../src/ports/store.js'

const valueOf = <Value>(result: Result<Value>): Value => {
  if (result.ok) return result.value
  throw new Error(`${result.failure.code}: ${result.failure.message}`)
}

const signerOf = (name: string): Signer => nodeSigner(nodeCrypto.sha256(new TextEncoder().encode(name)))
const keyOf = (signer: Signer): HostKey => toHex(signer.publicKey) as HostKey

/** A mesh whose acts and frames were made beforehand, as they lie in the store of its founder. */
export interface LargeMesh {
  readonly mesh: MeshId
  readonly founder: Signer
  /** One who may still come in, and what it presents. */
  readonly newcomer: { readonly signer: Signer; readonly proof: JoiningProof }
  readonly frames: number
  readonly records: number
  /** Everything, in commits of a bearable size. */
  batches(): Generator<Batch>
}

export interface LargeMeshSize {
  readonly authors: number
  readonly framesEach: number
}

const NOTHING: Batch = { frames: [], starts: [], retired: [], acts: [], proofs: [], notes: [] }

/** One author's log: a snapshot, updates, a snapshot that drops most of what was written before it, and a few updates more. */
const writeLog = (mesh: MeshId, signer: Signer, count: number, wall: number): { readonly frames: readonly VerifiedFrame[]; readonly start: number; readonly records: number } => {
  const key = keyOf(signer)
  const own = new OwnLog({ crypto: nodeCrypto, mesh, key, signer, logs: new LogBook(nodeCrypto, mesh), clock: new HybridClock() })
  const note = (index: number): string => valueOf(formRecord({ kind: 'note', session: 'claude-1' as SessionName, stamp: [wall + index, 0], offset: 0, fields: { text: `note ${index} of ${key.slice(0, 8)}` } }))
  const written: string[] = []
  const write = (index: number): readonly VerifiedFrame[] => {
    const text = note(index)
    const id = recordIdOf(nodeCrypto, mesh, key, text)
    written.push(id)
    return own.write([[id, text]], wall + index, 0).frames
  }
  own.start(signer.publicKey.subarray(0, 8))
  const frames = [...own.openEpoch(new Map(), wall, 0)]
  const before = count - 5
  for (let index = 1; index < before; index++) frames.push(...write(index))
  const start = frames.length
  const gone = new Set(written.slice(0, -3).map(id => id as never))
  frames.push(...own.compact(wall + before, 0, gone))
  for (let index = before + 1; index < count; index++) frames.push(...write(index))
  return { frames, start, records: own.log?.records.size ?? 0 }
}

export const largeMesh = ({ authors, framesEach }: LargeMeshSize): LargeMesh => {
  const wall = Date.now() - 3_600_000
  const [operator, founder] = [signerOf('operator'), signerOf('member 0')]
  const founded = valueOf(foundMesh(nodeCrypto, { name: 'large', hostName: 'm0', role: 'worker', stamp: { wall, count: 0 } }, operator, founder))
  const { mesh } = founded
  const acts: { readonly id: ActId; readonly bytes: Uint8Array }[] = [{ id: mesh as string as ActId, bytes: founded.bytes }]
  let time = 1
  const act = (signer: Signer, content: ActContent, seen: readonly ActId[]): ActId => {
    const bytes = valueOf(writeAct({ mesh, stamp: { wall: wall + time++, count: 0 }, seen, content }, signer))
    const { id } = valueOf(decodeAct(bytes, { crypto: nodeCrypto, mesh }))
    acts.push({ id, bytes })
    return id
  }
  const invited = new Map<number, { readonly invitation: Signer; readonly id: ActId }>()
  const invitationOf = (index: number): { readonly invitation: Signer; readonly id: ActId } => {
    const number = Math.floor(index / LIMITS.invitationUses)
    const known = invited.get(number)
    if (known !== undefined) return known
    const invitation = signerOf(`invitation ${number}`)
    const body = { key: toHex(invitation.publicKey) as InvitationKey, role: 'worker', uses: LIMITS.invitationUses, expires: wall + 7_200_000, ephemeral: false }
    const made = { invitation, id: act(operator, { kind: 'invite', body }, [mesh as string as ActId]) }
    invited.set(number, made)
    return made
  }
  const members = [founder]
  for (let index = 1; index < authors; index++) {
    const signer = signerOf(`member ${index}`)
    const { invitation, id } = invitationOf(index)
    const proof = proveJoining(mesh, `m${index}`, signer, invitation)
    const signatures = { byInvitation: toHex(proof.byInvitation) as SignatureHex, byHost: toHex(proof.byHost) as SignatureHex }
    act(founder, { kind: 'witness', body: { invite: id, key: toHex(invitation.publicKey) as InvitationKey, host: { key: keyOf(signer), name: `m${index}` }, ...signatures } }, [id])
    members.push(signer)
  }
  const newcomer = signerOf('newcomer')
  const last = invitationOf(authors)
  const logs = members.map(signer => writeLog(mesh, signer, framesEach, wall))
  return {
    mesh,
    founder,
    newcomer: { signer: newcomer, proof: proveJoining(mesh, 'newcomer', newcomer, last.invitation) },
    frames: logs.reduce((sum, { frames }) => sum + frames.length, 0),
    records: logs.reduce((sum, { records }) => sum + records, 0),
    *batches() {
      yield { ...NOTHING, acts }
      for (const { frames, start } of logs) {
        const [first] = frames
        if (first === undefined) continue
        yield { ...NOTHING, frames: frames.map(({ header, bytes }) => ({ author: header.author, seq: header.seq, bytes })), starts: [{ author: first.header.author, seq: start }] }
      }
    }
  }
}
