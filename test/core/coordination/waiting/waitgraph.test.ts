import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostId, RecordId, SessionName } from '../../../../src/core/brand.js'
import { deadlocksOf, type Deadlock, type GraphWait } from '../../../../src/core/coordination/waiting/waitgraph.js'

const obstacle = (text: string) => {
  const [host = '', session = '', claim = ''] = text.split('/')
  return { host: host as HostId, session: session as SessionName, claim: (claim === '' ? `claim of ${session}` : claim) as RecordId }
}

/** `mac/a`, from this minute on, waits for one of several things, each held by some. */
const waits = (who: string, wall: number, ...goals: readonly (readonly string[])[]): GraphWait => {
  const { host, session } = obstacle(who)
  return { id: `wait of ${session} at ${wall}` as RecordId, host, session, wall, count: 0, goals: goals.map(goal => goal.map(obstacle)) }
}

const shown = ({ circle, victim, releases }: Deadlock) => ({ circle: circle.map(({ session }) => session), victim: victim.session, releases })

describe('the wait-for graph', () => {
  it('finds two that wait for each other, over three hosts and over more, and names whose wait was told last', () => {
    expect(deadlocksOf([waits('mac/a', 1, ['box/b']), waits('box/b', 2, ['mac/a'])]).map(shown)).toEqual([{ circle: ['b', 'a'], victim: 'b', releases: ['claim of b'] }])
    const three = [waits('mac/a', 3, ['box/b']), waits('box/b', 1, ['spark/c']), waits('spark/c', 2, ['mac/a'])]
    expect(deadlocksOf(three).map(shown)).toEqual([{ circle: ['a', 'b', 'c'], victim: 'a', releases: ['claim of a'] }])
  })

  it('tells nothing where somebody can go on', () => {
    expect(deadlocksOf([waits('mac/a', 1, ['box/b']), waits('box/b', 2, ['spark/c'])])).toEqual([])
    // b waits for a or for c, and c does not wait
    expect(deadlocksOf([waits('mac/a', 1, ['box/b']), waits('box/b', 2, ['mac/a'], ['spark/c'])])).toEqual([])
    // one of two waits of a session is enough
    expect(deadlocksOf([waits('mac/a', 1, ['box/b']), waits('mac/a', 3, []), waits('box/b', 2, ['mac/a'])])).toEqual([])
  })

  it('one that needs all of what several hold is stuck by one of them; all ways out have to be closed', () => {
    expect(deadlocksOf([waits('mac/a', 1, ['box/b', 'spark/c']), waits('box/b', 2, ['mac/a'])]).map(shown)).toEqual([{ circle: ['b', 'a'], victim: 'b', releases: ['claim of b'] }])
    const closed = [waits('mac/a', 1, ['box/b'], ['spark/c']), waits('box/b', 2, ['mac/a/one']), waits('spark/c', 3, ['mac/a/two'])]
    expect(deadlocksOf(closed).map(shown)).toEqual([{ circle: ['c', 'a'], victim: 'c', releases: ['claim of c'] }])
  })

  it('who only waits for somebody in a circle is not in it', () => {
    const found = deadlocksOf([waits('mac/a', 1, ['box/b']), waits('box/b', 2, ['mac/a']), waits('spark/c', 9, ['mac/a'])])
    expect(found.map(shown)).toEqual([{ circle: ['b', 'a'], victim: 'b', releases: ['claim of b'] }])
  })

  it('two circles that do not meet are two deadlocks', () => {
    const found = deadlocksOf([waits('mac/a', 1, ['box/b']), waits('box/b', 2, ['mac/a']), waits('mac/c', 3, ['box/d']), waits('box/d', 4, ['mac/c'])])
    expect(found.map(({ victim }) => victim.session).sort()).toEqual(['b', 'd'])
  })

  it('of two waits at one moment the order of telling decides, whatever came first', () => {
    const pair = [waits('mac/a', 1, ['box/b']), waits('box/b', 1, ['mac/a'])]
    expect(deadlocksOf(pair)).toEqual(deadlocksOf(pair.toReversed()))
    expect(deadlocksOf(pair).map(({ victim }) => victim.session)).toEqual(['a'])
  })
})

const SESSIONS = ['mac/a', 'mac/b', 'box/c', 'box/d', 'spark/e', 'spark/f', 'nas/g']
const graph = fc.array(
  fc.record({ who: fc.constantFrom(...SESSIONS), wall: fc.nat(5), goals: fc.array(fc.uniqueArray(fc.constantFrom(...SESSIONS), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }) }),
  { maxLength: 10 }
)

const made = (rows: readonly { who: string; wall: number; goals: readonly (readonly string[])[] }[]): GraphWait[] =>
  rows.map(({ who, wall, goals }, index) => ({ ...waits(who, wall, ...goals.map(goal => goal.filter(holder => holder !== who))), id: `w${index}` as RecordId }))

/** The same said plainly: who can go on goes, and what they hold is free; who is left can never go on. */
const leftOver = (all: readonly GraphWait[]): Set<string> => {
  const left = new Set(all.map(({ host, session }) => `${host}/${session}`))
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const { host, session, goals } of all) {
      if (goals.some(goal => goal.every(holder => !left.has(`${holder.host}/${holder.session}`)))) left.delete(`${host}/${session}`)
    }
  }
  return left
}

describe('any set of waits', () => {
  it('gives the same deadlocks in 100 orders', () => {
    let circles = 0
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat()), (rows, random) => {
        const all = made(rows)
        const first = JSON.stringify(deadlocksOf(all))
        circles += deadlocksOf(all).length
        for (let turn = 0; turn < 100; turn++) {
          const shuffled = all.map(wait => ({ wait, at: random.next().value })).sort((left, right) => left.at - right.at).map(({ wait }) => ({ ...wait, goals: wait.goals.toReversed() }))
          expect(JSON.stringify(deadlocksOf(shuffled))).toBe(first)
        }
      }),
      { numRuns: 200 }
    )
    expect(circles).toBeGreaterThan(10)
  })

  it('tells of a deadlock exactly where some can never go on, each circle holds, and the victim is the youngest in it', () => {
    fc.assert(
      fc.property(graph, rows => {
        const all = made(rows)
        const found = deadlocksOf(all)
        const left = leftOver(all)
        expect(found.length > 0).toBe(left.size > 0)
        for (const { circle, victim, releases } of found) {
          expect(circle[0]).toMatchObject(victim)
          for (const [place, member] of circle.entries()) {
            const next = circle[(place + 1) % circle.length]
            const wait = all.find(({ id }) => id === member.wait)
            expect(left.has(`${member.host}/${member.session}`)).toBe(true)
            expect(wait).toMatchObject({ host: member.host, session: member.session })
            expect(wait?.goals.flat()).toContainEqual({ claim: member.claim, host: next?.host, session: next?.session })
          }
          const newest = (of: { host: string; session: string }) => Math.max(...all.filter(({ host, session }) => host === of.host && session === of.session).map(({ wall }) => wall))
          for (const member of circle) expect(newest(member)).toBeLessThanOrEqual(newest(victim))
          expect(releases).toEqual([`claim of ${victim.session}`])
        }
      }),
      { numRuns: 2_000 }
    )
  })

  it('every deadlock ends when one victim after the other releases what it is asked to', () => {
    fc.assert(
      fc.property(graph, rows => {
        let all = made(rows)
        for (let round = 0; round < 50; round++) {
          const released = new Set(deadlocksOf(all).flatMap(({ releases }) => releases))
          if (released.size === 0) break
          all = all.map(wait => ({ ...wait, goals: wait.goals.map(goal => goal.filter(({ claim }) => !released.has(claim))) }))
        }
        expect(deadlocksOf(all)).toEqual([])
        expect(leftOver(all).size).toBe(0)
      }),
      { numRuns: 1_000 }
    )
  })
})
