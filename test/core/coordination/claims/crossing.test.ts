import { describe, expect, it } from 'vitest'
import type { SessionName } from '../../../../src/core/brand.js'
import { give, MINUTE, NOON, Scribe, viewOf } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const spark = new Scribe('spark', 3)
const now = NOON + 5 * MINUTE

describe('crossing', () => {
  const first = mac.claim(['src/auth/**'], NOON)
  const second = box.claim(['src/auth/login.ts', 'docs'], NOON + 30_000, { turn: [NOON / MINUTE, 0] })
  const apart = spark.claim(['lib'], NOON)

  it('of two claims made apart is found at every host, once, with one lead', () => {
    const views = [[first, second, apart], [second, apart, first], [apart, second, first, first]].map(written => viewOf([mac, box, spark], written))
    const told = views.map(view => view.claims.crossings(now).map(({ key, lead, follows, witness, class: kind }) => ({ key, lead: lead.id, follows: follows.id, witness, kind })))
    expect(told[0]).toHaveLength(1)
    expect(told[0]?.[0]?.witness).toBe('src/auth/login.ts')
    expect(told[1]).toEqual(told[0])
    expect(told[2]).toEqual(told[0])
  })

  it('is told to both sides and to nobody else', () => {
    const view = viewOf([mac, box, spark], [first, second, apart])
    const about = (scribe: Scribe, session = 'claude-1') => view.claims.crossings(now, { host: scribe.host, session: session as SessionName }).map(({ key }) => key)
    expect(about(mac)).toHaveLength(1)
    expect(about(box)).toEqual(about(mac))
    expect(about(spark)).toEqual([])
    expect(about(mac, 'claude-2')).toEqual([])
  })

  it('of two sessions of one host is one like any other', () => {
    const view = viewOf([mac], [mac.claim(['src'], NOON, { where: { checkout: 'a' } }), mac.claim(['src'], NOON, { where: { checkout: 'a' } }, 'claude-2')])
    expect(view.claims.crossings(now)).toMatchObject([{ class: 'same-tree' }])
  })

  it('is none of one session, of two readers, of what is released, stale or not yet', () => {
    const other = box.claim(['src/auth'], NOON)
    const cases = [
      [first, mac.claim(['src'], NOON + 1)],
      [mac.claim(['src'], NOON, { mode: 'shared' }), box.claim(['src'], NOON, { mode: 'shared' })],
      [first, other, box.write('release', { claims: [other.id] }, NOON + 1)],
      [first, box.claim(['src'], NOON, { until: NOON + MINUTE })],
      [first, box.claim(['src'], now + 1)]
    ]
    for (const written of cases) expect(viewOf([mac, box], written).claims.crossings(now)).toEqual([])
  })

  it('keeps both claims when it is resolved, and carries the resolution', () => {
    const view = viewOf([mac, box], [first, second])
    give(view, [box.write('resolve', { claims: [second.id, first.id], how: 'both' }, NOON + MINUTE), box.write('resolve', { claims: [second.id], how: 'both' }, NOON + MINUTE)])
    const [crossing] = view.claims.crossings(now)
    expect(crossing?.resolutions.map(entry => entry.parsed.record.fields.how)).toEqual(['both'])
    expect(view.claims.live(now)).toHaveLength(2)
  })
})
