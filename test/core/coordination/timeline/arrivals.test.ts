import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../../src/core/limits.js'
import { entryIn, give, NOON, Scribe, viewOf } from '../records/scribe.js'
import { Arrivals } from '../../../../src/core/coordination/timeline/arrivals.js'

describe('arrivals', () => {
  const mac = new Scribe('mac', 1)

  it('are in the order they came here, whenever they were written', () => {
    const late = mac.write('note', { text: 'written late' }, NOON)
    const early = mac.write('note', { text: 'written early' }, NOON - 60_000)
    const view = viewOf([mac], [late])
    const { cursor } = view.arrivals
    give(view, [early, late])
    expect(view.arrivals.since(cursor)).toEqual({ entries: [entryIn(view, early)], cursor: cursor + 1, lost: false })
    expect(view.arrivals.since(cursor + 1)).toEqual({ entries: [], cursor: cursor + 1, lost: false })
  })

  it('are kept up to a bound; a cursor before it, or of nobody, is lost', () => {
    const written = mac.write('note', { text: 'x' }, NOON)
    const entry = entryIn(viewOf([mac], [written]), written)
    const arrivals = new Arrivals()
    for (let count = 0; count < 2 * LIMITS.arrivalsKept; count++) arrivals.add(entry)
    expect(arrivals.since(0).lost).toBe(true)
    expect(arrivals.since(arrivals.cursor + 1).lost).toBe(true)
    expect(arrivals.since(arrivals.cursor - 3).entries).toHaveLength(3)
  })
})
