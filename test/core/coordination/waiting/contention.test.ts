import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import { Contention, flagsOf, waitRateOf } from '../../../../src/core/coordination/waiting/contention.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { MESH, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const HOUR = 60 * MINUTE

const of = (written: readonly Written[], since = NOON): Contention => {
  const view = viewOf([mac, box], written)
  const found = new Contention({ crypto: nodeCrypto, mesh: MESH, repositories: view.repositories, since })
  for (const entry of view.timeline.entries()) found.take(entry)
  found.close(NOON + 30 * HOUR)
  return found
}

describe('contention', () => {
  it('294 tries and 6 waits are 2.04 %, and no reason for a review', () => {
    const written: Written[] = []
    for (let index = 0; index < 294; index++) {
      const at = NOON + index * 4 * MINUTE
      const claim = mac.claim([`src/${index}.ts`], at)
      written.push(claim, mac.write('release', { claims: [claim.id] }, at + 3 * MINUTE))
      if (index % 50 !== 0) continue
      const wait = box.write('wait', { repo: 'app', scope: [`src/${index}.ts`], until: at + HOUR }, at + MINUTE, `codex-${index}`)
      written.push(wait, box.write('withdraw', { re: wait.id }, at + 3 * MINUTE, `codex-${index}`))
    }
    const { total } = of(written)
    expect(total).toMatchObject({ tries: 294, overlaps: 0, waits: 6, mutexWaits: 0, waitedMs: 12 * MINUTE, longestMs: 2 * MINUTE, agents: 2 })
    expect(waitRateOf(total)?.toFixed(4)).toBe('0.0204')
    expect(flagsOf(total, 1)).toEqual([])
  })

  it('says for each scope what was tried, met and waited for; a wait that nobody ended took until its time was over', () => {
    const lead = mac.claim(['src'], NOON)
    const found = of([
      lead,
      box.claim(['src/a.ts', 'docs'], NOON + MINUTE),
      box.write('wait', { re: [lead.id], until: NOON + 11 * MINUTE }, NOON + 2 * MINUTE, 'one'),
      box.write('wait', { repo: 'app', scope: ['src'], until: NOON + 3 * MINUTE }, NOON + 2 * MINUTE, 'two'),
      box.write('wait', { repo: 'app', scope: ['@mutex/test'], until: NOON + 4 * MINUTE }, NOON + 3 * MINUTE, 'three')
    ])
    const row = (item: string) => found.byItem.get(`app\n${item}`)
    expect(row('src')).toMatchObject({ tries: 1, overlaps: 0, waits: 2, longestMs: 9 * MINUTE, waitedMs: 10 * MINUTE, agents: 4 })
    expect(row('src/a.ts')).toMatchObject({ tries: 1, overlaps: 1, waits: 0, agents: 2 })
    expect(row('docs')).toMatchObject({ tries: 1, overlaps: 0, agents: 0 })
    expect(found.total).toMatchObject({ tries: 3, overlaps: 1, waits: 3, mutexWaits: 1 })
  })

  it('flags what row 100 names, each just above its bound and not at it', () => {
    const strain = { tries: 100, overlaps: 0, waits: 5, mutexWaits: 0, waitedMs: 0, longestMs: LIMITS.contentionLongestMs, mostADay: LIMITS.contentionDaily, agents: LIMITS.contentionAgents }
    expect(flagsOf(strain, 1)).toEqual([])
    expect(flagsOf({ ...strain, waits: 6, longestMs: strain.longestMs + 1, mostADay: 21, agents: 4 }, 1)).toEqual(['rate', 'daily', 'longest', 'agents'])
    expect(flagsOf({ ...strain, tries: 3, waits: 1 }, 20)).toEqual([])
  })

  it('what was held before the time still counts as in the way, and is no try', () => {
    const found = of([mac.claim(['src'], NOON - MINUTE), box.claim(['src/a.ts'], NOON + MINUTE)])
    expect(found.total).toMatchObject({ tries: 1, overlaps: 1 })
  })
})
