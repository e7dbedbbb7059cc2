import { describe, expect, it } from 'vitest'
import { domainPrefix, NO_MESH } from '../../../../src/core/domain.js'
import { LIMITS } from '../../../../src/core/limits.js'
import type { ActId, MeshId } from '../../../../src/core/brand.js'
import { decodeAct, encodeUnsignedAct, meshIdOf, signAct, writeAct } from '../../../../src/core/coordination/membership/act.js'
import type { SignerKey } from '../../../../src/core/coordination/membership/body.js'
import { ActSet } from '../../../../src/core/coordination/membership/acts.js'
import { proveRotation } from '../../../../src/core/coordination/membership/rotation.js'
import { codeOf, crypto, DrawnMesh, hex, keyOf, signer, take } from './mesh.js'

const ids = (count: number): ActId[] => Array.from({ length: count }, (_, index) => index.toString(16).padStart(64, '0') as ActId)

describe('an act', () => {
  it('comes back as it was written', () => {
    const drawn = new DrawnMesh()
    const act = drawn.invite('one', { uses: 3, role: 'viewer' })
    expect(act.content).toMatchObject({ kind: 'invite', body: { uses: 3, role: 'viewer' } })
    expect(act).toMatchObject({ kind: 'invite', minor: 0, signer: keyOf('op'), seen: [drawn.genesis.id], stamp: { count: 0 } })
  })

  it('founds a mesh whose id is its hash', () => {
    const drawn = new DrawnMesh()
    expect(meshIdOf(crypto, drawn.genesis.bytes)).toBe(drawn.mesh)
    expect(drawn.genesis.id).toBe(drawn.mesh)
  })

  it('has the bytes that the protocol page describes', () => {
    const drawn = new DrawnMesh()
    expect(drawn.mesh).toMatchInlineSnapshot(`"ebf9c4218a6ac4ebc635fd42843317fd9465cffd69d9e6503ab17a67b5e625e9"`)
    expect(drawn.witness('mac', drawn.invite('one'), 'box', 'one').id).toMatchInlineSnapshot(`"692b4b49ff33ace5268933aed0cae374490c7348177ee656abe05aa526ed0d62"`)
  })

  it('has an id that does not depend on its signature', () => {
    const drawn = new DrawnMesh()
    const act = drawn.invite('one')
    const other = act.bytes.slice()
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    expect(drawn.idOf(other)).toBe(act.id)
  })

  it('does not keep the buffer that it came in', () => {
    const drawn = new DrawnMesh()
    const bytes = drawn.invite('one').bytes.slice()
    const act = take(decodeAct(bytes, { crypto, mesh: drawn.mesh }))
    bytes.fill(0)
    expect(drawn.idOf(act.bytes)).toBe(act.id)
  })

  it.each(['genesis', 'invite', 'witness'])('is refused when any byte of it changed: %s', (kind) => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    const act = kind === 'genesis' ? drawn.genesis : kind === 'invite' ? invite : drawn.witness('mac', invite, 'box', 'one')
    const set = new ActSet(crypto, drawn.mesh)
    const codes = new Set<string>()
    for (let index = 0; index < act.bytes.length; index++) {
      const changed = act.bytes.slice()
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8))
      codes.add(codeOf(set.add(changed)))
    }
    expect(codes).not.toContain('ok')
    expect(set.size).toBe(0)
    expect(codes).toContain('ACT_BAD_SIGNATURE')
    expect(codes).toContain('ACT_OTHER_MESH')
    expect(codes).toContain('GENERATION_UNSUPPORTED')
  })

  it('is refused when it was cut short anywhere, or made longer', () => {
    const drawn = new DrawnMesh()
    const { bytes } = drawn.invite('one')
    for (let length = 0; length < bytes.length; length++) expect(codeOf(decodeAct(bytes.subarray(0, length), { crypto, mesh: drawn.mesh }))).not.toBe('ok')
    expect(codeOf(decodeAct(Uint8Array.of(...bytes, 0), { crypto, mesh: drawn.mesh }))).not.toBe('ok')
    expect(codeOf(decodeAct(new Uint8Array(LIMITS.actBytes + 1), { crypto, mesh: drawn.mesh }))).toBe('ACT_MALFORMED')
  })

  it('of another mesh, or another genesis, is refused by name', () => {
    const drawn = new DrawnMesh()
    const mesh = 'ab'.repeat(32) as MeshId
    expect(codeOf(decodeAct(drawn.invite('one').bytes, { crypto, mesh }))).toBe('ACT_OTHER_MESH')
    expect(codeOf(decodeAct(drawn.genesis.bytes, { crypto, mesh }))).toBe('ACT_OTHER_MESH')
    const meshless = signAct(take(encodeUnsignedAct({ mesh: NO_MESH, signer: keyOf('op') as SignerKey, stamp: { wall: 1, count: 0 }, seen: [], kind: 'cancel', body: {} })), signer('op'))
    expect(codeOf(decodeAct(meshless, { crypto, mesh: drawn.mesh }))).toBe('ACT_OTHER_MESH')
  })

  it('is bounded when written: acts seen, and bytes', () => {
    const fields = { mesh: NO_MESH, signer: keyOf('op') as SignerKey, stamp: { wall: 1, count: 0 }, kind: 'note', body: {} }
    expect(codeOf(encodeUnsignedAct({ ...fields, seen: ids(LIMITS.actSeen) }))).toBe('ok')
    expect(codeOf(encodeUnsignedAct({ ...fields, seen: ids(LIMITS.actSeen + 1) }))).toBe('TOO_LARGE')
    expect(codeOf(encodeUnsignedAct({ ...fields, seen: [], body: { text: 'x'.repeat(LIMITS.actBytes) } }))).toBe('TOO_LARGE')
  })

  it('must name what it has seen sorted and once, so that it has one form only', () => {
    const drawn = new DrawnMesh()
    const [low, high] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const draw = (...seen: Uint8Array[]) => {
      const writer = domainPrefix('act', drawn.mesh).u16(0).raw(signer('op').publicKey).text('note').u64(1).u16(0).u16(seen.length)
      for (const id of seen) writer.raw(id)
      return decodeAct(signAct(writer.long(new TextEncoder().encode('{}')).done(), signer('op')), { crypto, mesh: drawn.mesh })
    }
    expect(codeOf(draw(low, high))).toBe('ok')
    expect(codeOf(draw(high, low))).toBe('ACT_MALFORMED')
    expect(codeOf(draw(low, low))).toBe('ACT_MALFORMED')
  })

  it('has a kind that is a plain word', () => {
    const drawn = new DrawnMesh()
    for (const kind of ['', 'Note', 'two words', 'note\u0007', 'n'.repeat(33)]) expect(codeOf(drawn.writeAny('op', kind, {}))).toBe('ACT_MALFORMED')
  })

  it('founds no mesh in the name of an operator who did not sign it', () => {
    const { content } = new DrawnMesh().genesis
    if (content === null) throw new Error('a genesis that was not understood')
    const bytes = take(writeAct({ mesh: NO_MESH, stamp: { wall: 1, count: 0 }, seen: [], content }, signer('mallory')))
    expect(codeOf(decodeAct(bytes, { crypto, mesh: meshIdOf(crypto, bytes) }))).toBe('ACT_MALFORMED')
  })

  it.each([
    ['invite', { key: keyOf('x'), role: 'worker', uses: 0, expires: 1, ephemeral: false }],
    ['invite', { key: keyOf('x'), role: 'worker', uses: LIMITS.invitationUses + 1, expires: 1, ephemeral: false }],
    ['invite', { key: keyOf('x'), role: 'no role', uses: 1, expires: 1, ephemeral: false }],
    ['invite', { key: keyOf('x').toUpperCase(), role: 'worker', uses: 1, expires: 1, ephemeral: false }],
    ['invite', { role: 'worker', uses: 1, expires: 1, ephemeral: false }],
    ['cancel', { invite: 'all of them' }],
    ['cancel', []],
    ['operator', { key: keyOf('x'), name: 'all' }],
    ['operator', { key: keyOf('x'), name: 'a/b' }],
    ['operator', { key: keyOf('x'), name: 'n'.repeat(LIMITS.nameChars + 1) }],
    ['operator', { key: keyOf('x'), name: 'p\u0430ul' }],
    ['retire', { key: keyOf('x'), heads: [{ epoch: '1', seq: 0, hash: keyOf('x') }] }],
    ['retire', { key: keyOf('x'), heads: [0, 1].map(seq => ({ epoch: 'ab'.repeat(12), seq, hash: keyOf('x') })) }]
  ])('with a body that is not valid is refused: %s %j', (kind, body) => {
    expect(codeOf(new DrawnMesh().writeAny('op', kind, body))).toBe('ACT_MALFORMED')
  })

  it('cannot carry what a careless reader would trip over: prototypes, depth', () => {
    const drawn = new DrawnMesh()
    expect(codeOf(drawn.writeAny('op', 'note', JSON.parse('{"__proto__":{"admin":true}}')))).toBe('ACT_MALFORMED')
    const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) })
    expect(codeOf(drawn.writeAny('op', 'note', deep(LIMITS.jsonDepth - 1)))).toBe('ok')
    expect(codeOf(drawn.writeAny('op', 'note', deep(LIMITS.jsonDepth)))).toBe('ACT_MALFORMED')
    expect(codeOf(drawn.writeAny('op', 'note', deep(900)))).toBe('ACT_MALFORMED')
  })

  it('of a later minor is kept: unknown kinds, further fields, wider values', () => {
    const drawn = new DrawnMesh()
    const unknown = take(drawn.writeAny('op', 'later-kind', { text: 'stop' }, 7))
    expect(unknown).toMatchObject({ kind: 'later-kind', minor: 7, content: null })
    const wider = take(drawn.writeAny('op', 'operator', { key: keyOf('x'), name: 'eve', since: 3 }, 7))
    expect(wider.content).toEqual({ kind: 'operator', body: { key: keyOf('x'), name: 'eve' } })
    expect(take(drawn.writeAny('op', 'operator', { key: keyOf('x'), name: 'two words' }, 7)).content).toBeNull()
  })

  it('is refused when a proof inside it does not hold, whoever signed it', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    const good = drawn.witnessBody(invite, 'box', 'one')
    const stolen = drawn.witnessBody(invite, 'box', 'another')
    const named = drawn.witnessBody(invite, 'box', 'one', 'ox')
    for (const body of [
      { ...good, byInvitation: stolen.byInvitation },
      { ...good, byHost: stolen.byHost },
      { ...good, byHost: named.byHost },
      { ...good, byHost: good.byInvitation, byInvitation: good.byHost },
      { ...good, host: { ...good.host, key: keyOf('mallory') } },
      { ...good, key: keyOf('invitation another') },
      { ...good, byHost: hex(new Uint8Array(64)) }
    ]) {
      expect(codeOf(drawn.writeAny('mac', 'witness', body))).toBe('ACT_BAD_SIGNATURE')
    }
    expect(codeOf(drawn.writeAny('mac', 'witness', good))).toBe('ok')
  })

  it('of a rotation holds only with the old key and with the new one', () => {
    const drawn = new DrawnMesh()
    const good = { ...proveRotation(drawn.mesh, signer('box'), signer('box 2')), heads: [], acts: [] }
    const stranger = proveRotation(drawn.mesh, signer('thief'), signer('thief'))
    for (const body of [{ ...good, byOld: stranger.byOld }, { ...good, byNew: stranger.byNew }, { ...good, byOld: good.byNew }, { ...good, key: keyOf('thief') }]) {
      expect(codeOf(drawn.writeAny('op', 'rotate', body))).toBe('ACT_BAD_SIGNATURE')
    }
    expect(codeOf(drawn.writeAny('op', 'rotate', good))).toBe('ok')
  })
})
