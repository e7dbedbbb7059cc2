import { beforeEach, describe, expect, test } from 'vitest'
import type { HostKey, MeshId } from '../../../src/core/brand.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { clockDifference, judgeHello, proofHolds, signProof, type Meeting } from '../../../src/core/replication/handshake.js'
import type { Message } from '../../../src/core/replication/message.js'
import { signerOf } from '../replica/bench.js'
import { codeOf, crypto, mesh } from './frames.js'

type Hello = Extract<Message, { type: 'hello' }>

const bytes = (value: number): Uint8Array => new Uint8Array(32).fill(value)
const [dialler, acceptor] = [signerOf('dialler'), signerOf('acceptor')]
const keyOf = ({ publicKey }: typeof dialler): HostKey => toHex(publicKey) as HostKey

const here: Meeting = { mesh, side: 'dialled', ownKey: keyOf(dialler), ownNonce: bytes(1), binding: bytes(9) }
const there: Meeting = { mesh, side: 'accepted', ownKey: keyOf(acceptor), ownNonce: bytes(2), binding: bytes(9) }
const hello = (key: HostKey, nonce: Uint8Array): Hello => ({ type: 'hello', generation: 1, minor: 0, mesh, key, nonce, wall: 0 })

describe('proof', () => {
  let toHere: Hello
  let toThere: Hello
  let signature: Uint8Array

  beforeEach(() => {
    toHere = hello(keyOf(acceptor), bytes(2))
    toThere = hello(keyOf(dialler), bytes(1))
    signature = signProof(dialler, here, toHere)
  })

  test('holds at the other end, both ways', () => {
    expect(proofHolds(crypto, there, toThere, signature)).toBe(true)
    expect(proofHolds(crypto, here, toHere, signProof(acceptor, there, toThere))).toBe(true)
  })

  test('does not hold on another channel, with another nonce, in another mesh, or for the other side', () => {
    expect(proofHolds(crypto, { ...there, binding: bytes(8) }, toThere, signature)).toBe(false)
    expect(proofHolds(crypto, { ...there, ownNonce: bytes(3) }, toThere, signature)).toBe(false)
    expect(proofHolds(crypto, there, hello(keyOf(dialler), bytes(3)), signature)).toBe(false)
    expect(proofHolds(crypto, { ...there, mesh: 'f'.repeat(64) as MeshId }, toThere, signature)).toBe(false)
    // sent back to where it came from, as the acceptor's own
    expect(proofHolds(crypto, here, toHere, signature)).toBe(false)
    expect(proofHolds(crypto, { ...there, side: 'dialled' }, toThere, signature)).toBe(false)
  })

  test('does not hold when another key signed it, or when any byte is changed', () => {
    expect(proofHolds(crypto, there, toThere, signProof(acceptor, here, toHere))).toBe(false)
    for (let index = 0; index < signature.length; index++) {
      const changed = signature.slice()
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(proofHolds(crypto, there, toThere, changed), `byte ${index}`).toBe(false)
    }
    expect(proofHolds(crypto, there, toThere, signature.subarray(1))).toBe(false)
  })
})

describe('hello', () => {
  const met = hello(keyOf(acceptor), bytes(2))

  test('of the pinned key and the certificate is good; every misfit has its name', () => {
    expect(codeOf(judgeHello(here, met, acceptor.publicKey, keyOf(acceptor)))).toBe('ok')
    expect(codeOf(judgeHello(here, met, null, null))).toBe('ok')
    expect(codeOf(judgeHello(here, { ...met, minor: 5 }, null, null))).toBe('ok')
    expect(codeOf(judgeHello(here, { ...met, generation: 2 }, null, null))).toBe('GENERATION_UNSUPPORTED')
    expect(codeOf(judgeHello(here, { ...met, mesh: 'f'.repeat(64) as MeshId }, null, null))).toBe('MESH_ID_MISMATCH')
    expect(codeOf(judgeHello(here, { ...met, key: here.ownKey }, null, null))).toBe('LINK_DUPLICATE')
    expect(codeOf(judgeHello(here, met, dialler.publicKey, null))).toBe('PIN_MISMATCH')
    expect(codeOf(judgeHello(here, met, null, keyOf(dialler)))).toBe('PIN_MISMATCH')
  })
})

test('a clock is measured half-way through the round trip', () => {
  expect(clockDifference(1_000, 5_100, 1_200)).toBe(4_000)
})
