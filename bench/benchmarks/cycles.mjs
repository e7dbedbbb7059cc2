import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pathOf } from '../claims.mjs'
import { figure, now } from '../measure.mjs'
import { MemoryHost } from '../memory-host.mjs'

const CYCLES = 100_000
/** Claims that are held at any time. */
const HELD = 100
const EVERY = 10_000
/** So far apart: 100,000 of them are six days. Ended claims go with a snapshot, after a quarter of an hour. */
const CYCLE_MS = 5_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const heap = () => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** An agent that claims and releases all day: what a host keeps of it once it is over. No disk, no link; its own snapshots are written. */
export const cycles = async () => {
  const host = new MemoryHost('cycles')
  const { view } = host.replica
  const held = []
  const heaps = []
  const rates = []
  let began = now()
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    host.ahead += CYCLE_MS
    const before = view.count
    host.claim([pathOf(cycle % 10_000)])
    const [own] = view.claims.overlapping({ repo: 'example.org/team/app', scope: [pathOf(cycle % 10_000)], mode: 'exclusive' }, host.wall)
    if (own === undefined) throw new Error(`a claim is not in the view (${before} records)`)
    held.push(own.claim.id)
    if (held.length > HELD) host.release([held.shift()])
    host.frames.length = 0
    if (cycle % EVERY !== 0) continue
    rates.push((EVERY / (now() - began)) * 1_000)
    heaps.push(heap())
    began = now()
  }
  const [first = 0] = heaps
  return [
    figure({ name: 'cycles: claim and release', unit: '/s', rounds: rates }),
    figure({ name: 'cycles: heap after each 10,000 of 100,000', unit: 'MiB', rounds: heaps }),
    figure({ name: 'cycles: heap, last against first 10,000', unit: '×', rounds: [(heaps.at(-1) ?? 0) / first], target: '≤ 1.1: flat' })
  ]
}
