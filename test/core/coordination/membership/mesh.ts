import { nodeCrypto, nodeSigner } from '../../../../src/adapters/crypto/node.js'
import type { ActId, HostKey, MeshId } from '../../../../src/core/brand.js'
import type { Crypto, Signer } from '../../../../src/core/crypto.js'
import { toHex } from '../../../../src/core/encoding/bytes.js'
import type { Result } from '../../../../src/core/result.js'
import { actIdOf, decodeAct, encodeUnsignedAct, signAct, writeAct, type VerifiedAct } from '../../../../src/core/coordination/membership/act.js'
import type { ActContent, InvitationKey, InviteBody, NamedHead, OperatorKey, SignatureHex, SignerKey, WitnessBody } from '../../../../src/core/coordination/membership/body.js'
import type { DirectiveBody, PolicyBody } from '../../../../src/core/coordination/membership/decree.js'
import { foundMesh } from '../../../../src/core/coordination/membership/genesis.js'
import { proveJoining } from '../../../../src/core/coordination/membership/joining.js'
import { proveRotation } from '../../../../src/core/coordination/membership/rotation.js'
import type { Roster } from '../../../../src/core/coordination/membership/roster.js'

export const crypto = nodeCrypto
const signers = new Map<string, Signer>()

/** A key that depends on its name alone. */
export const signer = (name: string): Signer => {
  const known = signers.get(name)
  if (known) return known
  const made = nodeSigner(crypto.sha256(new TextEncoder().encode(name)))
  signers.set(name, made)
  return made
}

export const keyOf = (name: string): HostKey => toHex(signer(name).publicKey) as HostKey

export const operatorKeyOf = (name: string): OperatorKey => keyOf(name) as string as OperatorKey

export const take = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code)

export const hex = (bytes: Uint8Array): SignatureHex => toHex(bytes) as SignatureHex

/** Every signature holds: for histories of thousands of acts, where signatures are not in question. */
export const toyCrypto: Crypto = { ...nodeCrypto, verify: () => true }
const NO_SIGNATURE = new Uint8Array(64)

/** A mesh `demo` of host `mac` and operator `op`, and a pencil to draw acts of it. Time is a count of seconds. */
export class DrawnMesh {
  readonly mesh: MeshId
  readonly genesis: VerifiedAct
  readonly acts: VerifiedAct[] = []
  /** What the next acts have seen; null: all that was drawn before. */
  sight: readonly ActId[] | null = null
  #time = 1

  constructor(readonly crypto: Crypto = nodeCrypto, { recovery }: { recovery?: string } = {}) {
    const founded = take(foundMesh(crypto, { name: 'demo', hostName: 'mac', role: 'worker', stamp: { wall: 1000, count: 0 }, ...(recovery !== undefined && { recovery: operatorKeyOf(recovery) }) }, this.signer('op'), this.signer('mac')))
    this.mesh = founded.mesh
    this.genesis = this.keep(founded.bytes)
  }

  /** With `toyCrypto` signatures are empty. */
  signer(name: string): Signer {
    return this.crypto === toyCrypto ? { publicKey: signer(name).publicKey, sign: () => NO_SIGNATURE } : signer(name)
  }

  keep(bytes: Uint8Array): VerifiedAct {
    const act = take(decodeAct(bytes, { crypto: this.crypto, mesh: this.mesh }))
    this.acts.push(act)
    return act
  }

  /** By default an act has seen all that was drawn before it. */
  write(by: string, content: ActContent, { seen = this.sight ?? this.acts.map(({ id }) => id).slice(-64), wall = ++this.#time * 1000 }: { seen?: readonly ActId[]; wall?: number } = {}): VerifiedAct {
    return this.keep(take(writeAct({ mesh: this.mesh, stamp: { wall, count: 0 }, seen, content }, this.signer(by))))
  }

  /** A kind or body as some other version might write it. */
  writeAny(by: string, kind: string, body: object, minor = 0): Result<VerifiedAct> {
    const fields = { mesh: this.mesh, signer: keyOf(by) as SignerKey, stamp: { wall: ++this.#time * 1000, count: 0 }, seen: [], kind, body, minor }
    const result = decodeAct(signAct(take(encodeUnsignedAct(fields)), this.signer(by)), { crypto: this.crypto, mesh: this.mesh })
    if (result.ok) this.acts.push(result.value)
    return result
  }

  invite(name: string, body: Partial<InviteBody> = {}, options: { by?: string; seen?: readonly ActId[] } = {}): VerifiedAct {
    const key = keyOf(`invitation ${name}`) as string as InvitationKey
    return this.write(options.by ?? 'op', { kind: 'invite', body: { key, role: 'worker', uses: 1, expires: 1_000_000, ephemeral: false, ...body } }, options)
  }

  witnessBody(invite: VerifiedAct, host: string, invitation: string, hostName = host): WitnessBody {
    const proof = proveJoining(this.mesh, hostName, this.signer(host), this.signer(`invitation ${invitation}`))
    return {
      invite: invite.id,
      key: toHex(proof.invitationKey) as InvitationKey,
      host: { key: keyOf(host), name: hostName },
      byInvitation: hex(proof.byInvitation),
      byHost: hex(proof.byHost)
    }
  }

  witness(by: string, invite: VerifiedAct, host: string, invitation: string, options: { seen?: readonly ActId[]; wall?: number; name?: string } = {}): VerifiedAct {
    return this.write(by, { kind: 'witness', body: this.witnessBody(invite, host, invitation, options.name) }, options)
  }

  operator(by: string, name: string, wall?: number): VerifiedAct {
    return this.write(by, { kind: 'operator', body: { key: keyOf(name) as string as OperatorKey, name } }, wall === undefined ? {} : { wall })
  }

  leave(host: string, heads: readonly NamedHead[], by = host, seen?: readonly ActId[]): VerifiedAct {
    return this.write(by, { kind: 'retire', body: { key: keyOf(host), heads } }, seen ? { seen } : {})
  }

  /** Ends keys of hosts with these heads and keys of operators; by default every act of theirs drawn so far stays. */
  revoke(by: string, hosts: Readonly<Record<string, readonly NamedHead[]>>, operators: readonly string[] = [], acts?: readonly ActId[]): VerifiedAct {
    const gone = new Set<string>([...Object.keys(hosts), ...operators].map(keyOf))
    const stay = acts ?? this.acts.filter(act => gone.has(act.signer) || (act.content?.kind === 'rotate' && gone.has(act.content.body.old))).map(({ id }) => id)
    const body = { hosts: Object.entries(hosts).map(([host, heads]) => ({ key: keyOf(host), heads })), operators: operators.map(operatorKeyOf), acts: stay, reason: 'lost' }
    return this.write(by, { kind: 'revoke', body })
  }

  rotate(by: string, old: string, next: string, heads: readonly NamedHead[], acts = this.acts.filter(({ signer: key }) => (key as string) === keyOf(old)).map(({ id }) => id)): VerifiedAct {
    return this.write(by, { kind: 'rotate', body: { ...proveRotation(this.mesh, this.signer(old), this.signer(next)), heads, acts } })
  }

  role(by: string, host: string, role: string, heads: readonly NamedHead[] = [], seen?: readonly ActId[]): VerifiedAct {
    return this.write(by, { kind: 'role', body: { key: keyOf(host), role, heads } }, seen ? { seen } : {})
  }

  policy(by: string, body: PolicyBody, options: { seen?: readonly ActId[]; wall?: number } = {}): VerifiedAct {
    return this.write(by, { kind: 'policy', body }, options)
  }

  directive(by: string, body: DirectiveBody, options: { seen?: readonly ActId[]; wall?: number } = {}): VerifiedAct {
    return this.write(by, { kind: 'directive', body }, options)
  }

  withdraw(by: string, directive: VerifiedAct, reason?: string): VerifiedAct {
    return this.write(by, { kind: 'withdraw', body: { directive: directive.id, ...(reason !== undefined && { reason }) } })
  }

  /** Lets a host join by an invitation of its own. */
  join(host: string, { by = 'mac', ...body }: Partial<InviteBody> & { by?: string } = {}): VerifiedAct {
    return this.witness(by, this.invite(host, body), host, host)
  }

  idOf(bytes: Uint8Array): ActId {
    return actIdOf(this.crypto, bytes)
  }
}

/** Everything a roster says, as one text, in the order in which it says it. */
export const rosterText = (roster: Roster): string =>
  JSON.stringify({
    mesh: roster.mesh,
    name: roster.name,
    operators: roster.operators,
    members: [...roster.members].map(([key, member]) => [key, member, roster.displayName(key), roster.admits(key)]),
    heldBack: [...roster.heldBack],
    invitations: [...roster.invitations],
    policies: roster.policies,
    directives: roster.directives,
    carried: roster.carried,
    newest: roster.newestActs()
  })

export const namesIn = (roster: Roster): string[] => [...roster.members.values()].map(({ name }) => name)
export const heldIn = (roster: Roster): string[] => [...roster.heldBack.values()].map(({ name }) => name)
