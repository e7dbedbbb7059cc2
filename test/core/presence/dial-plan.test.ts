import { beforeEach, describe, expect, test } from 'vitest'
import type { HostKey } from '../../../src/core/brand.js'
import { DialPlan } from '../../../src/core/presence/dial-plan.js'
import { recordCase } from '../../support/cases.js'

const B = 'b'.repeat(64) as HostKey
const C = 'c'.repeat(64) as HostKey
const NOBODY: ReadonlySet<HostKey> = new Set()
const MINUTE = 60_000

const urls = (targets: readonly { readonly url: string }[]): string[] => targets.map(({ url }) => url)

let plan: DialPlan

/** Fails every dial that is due, minute by minute, and says when there was one. */
const failFor = (ms: number, fromMono = 0): number[] => {
  const tries: number[] = []
  for (let now = fromMono; now <= fromMono + ms; now += 10) {
    for (const { url } of plan.due(now, NOBODY)) {
      tries.push(now)
      plan.failed(url, 'nobody there', now, 1)
    }
  }
  return tries
}

beforeEach(() => {
  plan = new DialPlan()
  plan.setTargets([{ url: 'wss://b:1', label: 'lan', key: B }], 0)
})

describe('a plan of whom to dial', () => {
  test('dials each host at one address at a time, and nobody who is linked', () => {
    plan.setTargets(
      [
        { url: 'wss://b:1', label: 'lan', key: B },
        { url: 'wss://b:2', label: 'static', key: B },
        { url: 'wss://c:1', label: 'lan', key: C },
        { url: 'wss://unknown:1', label: 'lan', key: null }
      ],
      0
    )
    expect(urls(plan.due(0, new Set([C])))).toEqual(['wss://b:1', 'wss://unknown:1'])
    expect(urls(plan.due(0, new Set([C])))).toEqual([])
    plan.failed('wss://b:1', 'refused', 0, 0)
    expect(urls(plan.due(0, new Set([C])))).toEqual(['wss://b:2'])
  })

  test('tries again within two seconds for ten minutes, then five times an hour', () => {
    const tries = failFor(70 * MINUTE)
    const gaps = tries.map((at, index) => at - (tries[index - 1] ?? 0))
    expect(Math.max(...gaps.filter((_, index) => (tries[index] ?? 0) < 10 * MINUTE))).toBeLessThanOrEqual(2_010)
    expect(tries.filter(at => at > 10 * MINUTE).length).toBe(5)
  })

  test('a peer that dialled in by itself is dialled at once when that link is lost, whatever had failed before', () => {
    failFor(30 * MINUTE)
    const now = 31 * MINUTE
    expect(plan.due(now, NOBODY)).toEqual([])
    plan.linked(B, now)
    expect(plan.due(now, new Set([B]))).toEqual([])
    expect(urls(plan.due(now + 1, NOBODY))).toEqual(['wss://b:1'])
    plan.failed('wss://b:1', 'nobody there', now + 1, 1)
    expect(plan.states()).toMatchObject([{ failures: 1 }])
    expect(plan.nextMono(NOBODY)).toBeLessThanOrEqual(now + 1 + 2_000)
  })

  test('an address at which this host met itself counts as linked', () => {
    plan.setTargets([{ url: 'wss://me:1', label: 'lan', key: null }], 0)
    plan.due(0, NOBODY)
    plan.succeeded('wss://me:1', C, 0)
    expect(plan.due(1_000, new Set([C]))).toEqual([])
    expect(plan.nextMono(new Set([C]))).toBeNull()
  })

  test('what is known of an address that stays a target is kept', () => {
    failFor(1_000)
    const before = plan.states()[0]?.failures
    plan.setTargets([{ url: 'wss://b:1', label: 'lan', key: B }, { url: 'wss://c:1', label: 'lan', key: C }], 1_000)
    expect(plan.states().find(({ url }) => url === 'wss://b:1')?.failures).toBe(before)
    plan.setTargets([], 1_000)
    expect(plan.states()).toEqual([])
  })

  test('a wake makes everything worth a try', () => {
    failFor(30 * MINUTE)
    plan.wakeAll(31 * MINUTE)
    expect(urls(plan.due(31 * MINUTE, NOBODY))).toEqual(['wss://b:1'])
  })
})

describe('a line that comes and goes', () => {
  test('up and down every 200 ms for ten minutes: less than a dial a second, and linked within two seconds once it holds (case 28)', () => {
    let dials = 0
    let linkedUntil = -1
    const DOWN_MS = 200
    for (let now = 0; now < 10 * MINUTE; now += 10) {
      if (now === linkedUntil) plan.lost(B, now, 0.5)
      const isUp = now % (2 * DOWN_MS) < DOWN_MS
      for (const { url } of plan.due(now, now < linkedUntil ? new Set([B]) : NOBODY)) {
        dials += 1
        if (isUp) {
          plan.succeeded(url, B, now)
          plan.linked(B, now)
          linkedUntil = now + DOWN_MS - (now % DOWN_MS)
        } else plan.failed(url, 'no route', now, 0.5)
      }
    }
    recordCase(28, { test: 'core/presence/dial-plan', runs: 1, worst: Math.round((dials / 600) * 100) / 100, limit: 1, unit: 'dials/s' })
    expect(dials).toBeLessThanOrEqual(600)
    const stable = 10 * MINUTE + 10
    const next = Array.from({ length: 300 }, (_, index) => stable + index * 10).find(now => plan.due(now, NOBODY).length > 0)
    expect((next ?? Number.POSITIVE_INFINITY) - stable).toBeLessThanOrEqual(2_000)
  })

  test('a link that held is dialled again at once', () => {
    plan.due(0, NOBODY)
    plan.succeeded('wss://b:1', B, 0)
    plan.lost(B, MINUTE, 1)
    expect(urls(plan.due(MINUTE, NOBODY))).toEqual(['wss://b:1'])
  })
})

test('a thousand made-up addresses: never more than sixteen dials under way, and the true ones are linked (case 36)', () => {
  const invented = Array.from({ length: 1_000 }, (_, index) => ({ url: `wss://fake-${index}:1`, label: 'mdns', key: null }))
  plan.setTargets([...invented, { url: 'wss://c:1', label: 'static', key: C }, { url: 'wss://b:1', label: 'static', key: B }], 0)
  plan.succeeded('wss://b:1', B, 0)
  const linked = new Set<HostKey>()
  const underWay = new Map<string, number>()
  let most = 0
  let cLinkedAt = Number.POSITIVE_INFINITY
  for (let now = 0; now < 20 * MINUTE; now += 100) {
    for (const [url, until] of underWay) {
      if (until > now) continue
      underWay.delete(url)
      plan.failed(url, 'no answer', now, 0.5)
    }
    for (const { url } of plan.due(now, linked)) {
      if (url.startsWith('wss://fake')) underWay.set(url, now + 5_000)
      else {
        const key = url === 'wss://c:1' ? C : B
        plan.succeeded(url, key, now)
        linked.add(key)
        if (key === B) expect(now).toBe(0)
        else cLinkedAt = now
      }
    }
    most = Math.max(most, underWay.size)
  }
  recordCase(36, { test: 'core/presence/dial-plan', runs: 1_000, worst: most, limit: 16, unit: 'dials' })
  expect(most).toBeLessThanOrEqual(16)
  expect(cLinkedAt).toBeLessThan(6 * MINUTE)
})
