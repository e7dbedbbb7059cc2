import { describe, expect, test } from 'vitest'
import { GENERATION } from '../../../src/core/domain.js'
import { concat } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../../src/core/replication/log-book.js'
import { View } from '../../../src/core/coordination/view.js'
import { decodeFrame, encodeHeader, SIGNATURE_BYTES } from '../../../src/core/replication/frame.js'
import { Intake } from '../../../src/core/replica/reception/intake.js'
import { author, codeOf, crypto, documentAt, fieldsOf, frameBytes, mesh, record, signer, take } from './frames.js'
import { signerOf } from '../replica/bench.js'

const now = { wall: 1_795_183_200_000, mono: 0 }
const payload = documentAt(0).write([record('a')]).update
const golden = frameBytes(payload)
const headerLength = encodeHeader(fieldsOf(payload)).length

const intake = (): Intake =>
  new Intake({ crypto, mesh, logs: new LogBook(crypto, mesh), view: new View({ crypto, mesh }), clock: new HybridClock(), admission: () => ({ state: 'member' }), rereading: new Set(), isAwaited: () => false })

describe('frame', () => {
  test('reads back what was written', () => {
    const { header, payload: read } = take(decodeFrame(golden))
    expect(header).toEqual({ generation: GENERATION, minor: 0, ...fieldsOf(payload) })
    expect(read).toEqual(payload)
    expect(intake().take(golden, false, now).type).toBe('appended')
  })

  test('no beginning of a frame, and nothing longer, is one', () => {
    for (let length = 0; length < golden.length; length++) expect(intake().take(golden.subarray(0, length), false, now).type, `${length} bytes`).toBe('refused')
    expect(intake().take(concat(golden, Uint8Array.of(0)), false, now).type).toBe('refused')
  })

  test('every changed bit is refused or leads nowhere, and never counts', () => {
    for (let index = 0; index < golden.length; index++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = golden.slice()
        changed[index] = (changed[index] ?? 0) ^ bits
        // a changed number or kind may first look like a gap; nothing of it is kept
        expect(['refused', 'gap'], `byte ${index} ^ ${bits}`).toContain(intake().take(changed, false, now).type)
        expect(intake().take(changed, true, now).type, `byte ${index} ^ ${bits}, asked for`).toBe('refused')
      }
    }
  })

  test.each([0, 1, golden.length - headerLength - SIGNATURE_BYTES + 1, 2 ** 31, 2 ** 32 - 1])('a payload length of %i is refused before anything is read', length => {
    expect(codeOf(decodeFrame(frameBytes(payload, { payloadLength: length })))).toMatch(/FRAME_MALFORMED|FRAME_TOO_LARGE/)
  })

  test('a field block of 0, 1, or 65,535 bytes is refused', () => {
    for (const length of [0, 1, 0xffff]) {
      const changed = golden.slice()
      new DataView(changed.buffer).setUint16(2 + 'skein.frame'.length + 4, length)
      expect(codeOf(decodeFrame(changed))).toBe('FRAME_MALFORMED')
    }
  })

  test('another generation is named; fields of a newer minor are passed over', () => {
    const other = golden.slice()
    new DataView(other.buffer).setUint16(2 + 'skein.frame'.length, GENERATION + 1)
    expect(codeOf(decodeFrame(other))).toBe('GENERATION_UNSUPPORTED')
    const header = encodeHeader(fieldsOf(payload))
    const newer = concat(header, Uint8Array.of(1, 2, 3))
    const view = new DataView(newer.buffer)
    view.setUint16(2 + 'skein.frame'.length + 2, 7)
    const at = 2 + 'skein.frame'.length + 4
    view.setUint16(at, view.getUint16(at) + 3)
    const frame = take(decodeFrame(concat(newer, signer.sign(newer), payload)))
    expect(frame.header).toMatchObject({ minor: 7, seq: 0, kind: 'snapshot' })
    expect(intake().take(frame.bytes, false, now).type).toBe('appended')
  })

  test('its payload is as large as the limit, and no larger', () => {
    const sizes = [
      ['update', LIMITS.framePayloadBytes],
      ['snapshot', LIMITS.snapshotPartBytes]
    ] as const
    for (const [kind, limit] of sizes) {
      expect(codeOf(decodeFrame(frameBytes(new Uint8Array(limit), { kind, seq: 1 })))).toBe('ok')
      expect(codeOf(decodeFrame(frameBytes(new Uint8Array(limit + 1), { kind, seq: 1 })))).toBe('FRAME_TOO_LARGE')
    }
    expect(codeOf(decodeFrame(frameBytes(payload, { parts: LIMITS.snapshotParts })))).toBe('ok')
    expect(codeOf(decodeFrame(frameBytes(payload, { parts: LIMITS.snapshotParts + 1 })))).toBe('FRAME_MALFORMED')
  })

  test('signed by another, of another mesh, or with another payload: refused, each by its name', () => {
    const codes = [
      frameBytes(payload, {}, signerOf('somebody else')),
      frameBytes(payload, { mesh: mesh.replace(/^./, first => (first === '0' ? '1' : '0')) as typeof mesh }),
      concat(golden.subarray(0, golden.length - payload.length), payload.map(byte => byte ^ 1))
    ].map(bytes => intake().take(bytes, false, now)).map(taken => (taken.type === 'refused' ? [taken.code, taken.blame] : taken.type))
    expect(codes).toEqual([
      ['FRAME_BAD_SIGNATURE', true],
      ['FRAME_OTHER_MESH', true],
      ['FRAME_BAD_PAYLOAD_HASH', true]
    ])
  })

  test('of an author that the roster does not hold, or that left before it: refused without blame', () => {
    const parts = { crypto, mesh, logs: new LogBook(crypto, mesh), view: new View({ crypto, mesh }), clock: new HybridClock() }
    const unknown = new Intake({ ...parts, admission: () => ({ state: 'unknown' }), rereading: new Set(), isAwaited: () => false }).take(golden, false, now)
    const left = new Intake({ ...parts, admission: () => ({ state: 'named', head: null }), rereading: new Set(), isAwaited: () => false }).take(golden, false, now)
    expect(unknown).toMatchObject({ type: 'refused', code: 'FRAME_UNKNOWN_AUTHOR', blame: false })
    expect(left).toMatchObject({ type: 'refused', code: 'FRAME_PAST_NAMED_HEAD', blame: false })
    expect(parts.logs.get(author)).toBeNull()
  })
})
