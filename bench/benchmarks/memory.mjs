import { join } from 'node:path'
import { pathOf } from '../claims.mjs'
import { bytesBelow, twoHomes } from '../homes.mjs'
import { figure } from '../measure.mjs'
import { start } from '../processes.mjs'

/** One host may not hold more than 1,024 live claims. */
const RECORDS = 1_000
const ROUNDS = 3

/** A fresh process that opens the home and nothing more: what it holds after a full collection. */
const heapOf = async home => {
  const child = await start('skein.mjs', [home, 'memory'], { nodeArgs: ['--expose-gc'] })
  await child.ask('open')
  const opened = await child.ask('heap')
  await child.ask('tell')
  const told = await child.ask('heap')
  const { records } = await child.ask('facts')
  await child.stop()
  return { opened, told, records }
}

const rounds = async home => {
  const all = []
  for (let round = 0; round < ROUNDS; round++) all.push(await heapOf(home))
  return all
}

/** A thousand live claims, one frame each: what a record takes in the heap of its own host and of another, and on their disks. */
export const memory = async () => {
  const { a, b } = await twoHomes()
  const [emptyA, emptyB] = [await rounds(a), await rounds(b)]
  const [diskA, diskB] = [a, b].map(home => bytesBelow(join(home, 'store')))
  const [writer, reader] = await Promise.all([start('skein.mjs', [a, 'fill']), start('skein.mjs', [b, 'fill'])])
  await Promise.all([writer.ask('open'), reader.ask('open')])
  await writer.ask('fill', Array.from({ length: RECORDS }, (_, index) => pathOf(index)))
  const failed = await writer.ask('failed')
  if (failed.length > 0) throw new Error(failed[0])
  await reader.ask('connect')
  await writer.ask('connect')
  await Promise.all([writer.ask('level'), reader.ask('level')])
  const payload = await writer.ask('textBytes')
  await Promise.all([writer.stop(), reader.stop()])
  const [fullA, fullB] = [await rounds(a), await rounds(b)]
  const each = (full, empty, of) => full.map((round, index) => (of(round) - of(empty[index])) / (round.records - empty[index].records))
  const heap = ({ opened }) => opened.heapUsed + opened.external
  const told = ({ told }) => told.heapUsed + told.external
  const text = { name: 'its text', rounds: [payload / fullA[0].records] }
  return [
    figure({ name: 'memory: heap a live claim, own', unit: 'B', rounds: each(fullA, emptyA, heap), beside: text, target: '≤ 1,536' }),
    figure({ name: "memory: heap a live claim, another host's", unit: 'B', rounds: each(fullB, emptyB, heap), beside: text, target: '≤ 1,536' }),
    figure({ name: 'memory: the same, once the timeline was asked for', unit: 'B', rounds: each(fullB, emptyB, told), beside: text }),
    figure({ name: 'memory: resident, host with no claim', unit: 'MiB', rounds: emptyA.map(({ opened }) => opened.rss / 2 ** 20) }),
    figure({ name: 'memory: resident, host with 1,000 claims', unit: 'MiB', rounds: fullA.map(({ opened }) => opened.rss / 2 ** 20) }),
    figure({ name: 'memory: disk a claim, own', unit: 'B', rounds: [(bytesBelow(join(a, 'store')) - diskA) / RECORDS], beside: text }),
    figure({ name: "memory: disk a claim, another host's", unit: 'B', rounds: [(bytesBelow(join(b, 'store')) - diskB) / RECORDS], beside: text })
  ]
}
