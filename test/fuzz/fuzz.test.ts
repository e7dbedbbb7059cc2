import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/core/encoding/bytes.js'
import { recordCase } from '../support/cases.js'
import { fuzz, type Target } from './fuzzing.js'
import { changedFrames, signedPayloads } from './targets/frames.js'
import { changedMessages, signedActs } from './targets/messages.js'
import { recordTexts } from './targets/records.js'
import { storedBytes } from './targets/stored.js'

/** What reads foreign bytes, and how many of them a run of the suite feeds it. `FUZZ_TIMES=50` is the long run. */
const TARGETS: Readonly<Record<string, readonly [make: () => Target, runs: number, reaches: readonly string[]]>> = {
  'frames changed on the way': [changedFrames, 180_000, ['FRAME_MALFORMED', 'FRAME_BAD_SIGNATURE', 'FRAME_BAD_PAYLOAD_HASH', 'FRAME_UNKNOWN_AUTHOR', 'GENERATION_UNSUPPORTED']],
  'payloads that a member signed': [signedPayloads, 20_000, ['FRAME_VOID', 'records were taken']],
  'messages changed on the way': [changedMessages, 40_000, ['MESSAGE_MALFORMED', 'status', 'heads', 'actIds', 'acts', 'want', 'frames', 'push', 'have', 'pong', 'hello', 'proof']],
  'acts that a member signed': [signedActs, 8_000, ['ACT_MALFORMED', 'ACT_BAD_SIGNATURE', 'ACT_OTHER_MESH']],
  'texts of records': [recordTexts, 60_000, ['invalid', 'unknown', 'valid claim', 'valid release', 'valid intent', 'valid note']],
  'bytes of a store': [storedBytes, 2_000, ['damage', 'no damage', 'fewer records']]
}
/** Inputs that found something once, or that are known to hurt others: played before the random ones. */
const KEPT: readonly { readonly target: string; readonly input: string }[] = JSON.parse(readFileSync(new URL('kept.json', import.meta.url), 'utf8'))
const keptOf = (name: string): Uint8Array[] => KEPT.filter(({ target }) => target === name).map(({ input }) => fromHex(input) ?? new Uint8Array(0))

const times = Number(process.env.FUZZ_TIMES ?? 1)

describe('whatever the bytes are, nothing throws, nothing hangs and nothing counts that should not', () => {
  test.each(Object.entries(TARGETS))('%s', { timeout: 600_000 * Math.max(1, times) }, (name, [make, runs, reaches]) => {
    const { finds, reached, worstMs, grownMiB, runs: done } = fuzz(make(), keptOf(name), runs * times)
    process.stdout.write(`${name}: ${done} inputs, worst ${worstMs} ms, heap +${grownMiB} MiB\n`)
    expect(finds).toEqual([])
    if (times >= 1) expect([...reached]).toEqual(expect.arrayContaining([...reaches]))
    recordCase(56, { test: `fuzz: ${name}`, runs: done, worst: worstMs, limit: 50, unit: 'ms' })
    expect(worstMs).toBeLessThanOrEqual(50)
  })
})
