import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { concat, equalBytes, fromHex } from '../../../src/core/encoding/bytes.js'
import { decodeFrame, encodeHeader, type Frame } from '../../../src/core/replication/frame.js'
import { decodeMessage } from '../../../src/core/replication/message.js'
import { signatureHolds, verifyFrame } from '../../../src/core/replication/verification.js'
import { keyOf } from '../../../src/core/replication/author.js'
import { recordCase } from '../../support/cases.js'
import { crypto, fieldsOf, frameBytes, signer, take } from './frames.js'

/** Every text of hex digits in a golden file, whatever its place. */
const hexIn = (file: string): Uint8Array[] => {
  const found: Uint8Array[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string' && /^(?:[0-9a-f]{2}){80,}$/.test(value)) found.push(fromHex(value) ?? new Uint8Array(0))
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
  }
  walk(JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), 'utf8')))
  return found
}

const frames = hexIn('chain.json').flatMap(bytes => {
  const frame = decodeFrame(bytes)
  return frame.ok ? [frame.value] : []
})

/** Bytes that are the frame itself, or another one that counts. */
const counts = (bytes: Uint8Array, frame: Frame): boolean => {
  const decoded = decodeFrame(bytes)
  return decoded.ok && verifyFrame(crypto, frame.header.mesh, decoded.value).ok
}

test('every truncation and every flipped bit of every golden frame is refused by name (case 57)', { timeout: 120_000 }, () => {
  expect(frames.length).toBeGreaterThan(2)
  let runs = 0
  let accepted = 0
  for (const frame of frames) {
    const { bytes } = frame
    expect(counts(bytes, frame)).toBe(true)
    for (let length = 0; length < bytes.length; length++, runs++) if (counts(bytes.subarray(0, length), frame)) accepted += 1
    const step = Math.max(1, Math.floor(bytes.length / 600))
    for (let at = 0; at < bytes.length; at += step) {
      for (let bit = 0; bit < 8; bit++, runs++) {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        if (counts(changed, frame)) accepted += 1
      }
    }
  }
  for (const message of hexIn('messages.json')) {
    for (let length = 0; length < message.length; length++, runs++) {
      const cut = decodeMessage(message.subarray(0, length))
      // a push is a frame to the end of the message, and the frame is refused instead; a longer hello of a newer minor is one at each length
      if (cut.ok && cut.value.type !== 'push' && cut.value.type !== 'hello') accepted += 1
    }
  }
  recordCase(57, { test: 'core/replication/golden', runs, worst: accepted, limit: 0, unit: 'accepted' })
  expect(accepted).toBe(0)
})

test('what is hashed and checked are the bytes that came, never a re-encoding of what was read from them (case 53)', () => {
  const payload = new Uint8Array(5)
  const header = encodeHeader(fieldsOf(payload))
  // a newer minor's header says more behind the fields known here
  const newer = concat(header, Uint8Array.of(1, 2, 3))
  const view = new DataView(newer.buffer)
  const at = 2 + 'skein.frame'.length
  view.setUint16(at + 2, 7)
  view.setUint16(at + 4, view.getUint16(at + 4) + 3)
  const frame = take(decodeFrame(concat(newer, signer.sign(newer), payload)))
  expect(verifyFrame(crypto, frame.header.mesh, frame).ok).toBe(true)
  const again = encodeHeader(frame.header)
  expect(equalBytes(again, frame.headerBytes)).toBe(false)
  expect(signatureHolds(crypto, keyOf(frame.header.author), again, frame.signature)).toBe(false)
  // and a signature over what reads the same, but is written otherwise, is one over other bytes
  const plain = take(decodeFrame(frameBytes(payload)))
  const forged = take(decodeFrame(concat(newer, plain.signature, payload)))
  const accepted = Number(verifyFrame(crypto, forged.header.mesh, forged).ok)
  recordCase(53, { test: 'core/replication/golden', runs: 2, worst: accepted, limit: 0, unit: 'accepted' })
  expect(accepted).toBe(0)
})
