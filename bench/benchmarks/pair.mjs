import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { twoHomes } from '../homes.mjs'
import { figure, quantile } from '../measure.mjs'
import { cpuBetween, start } from '../processes.mjs'

const ROUNDS = 5
const PACED = 150
const EVERY_MS = 20
const BURST = 1_000

const freePort = async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

const skeinPair = async () => {
  const { a, b } = await twoHomes()
  const [writer, reader] = await Promise.all([start('skein.mjs', [a, 'writer']), start('skein.mjs', [b, 'reader'])])
  await Promise.all([writer.ask('open'), reader.ask('open')])
  await reader.ask('connect')
  await writer.ask('connect')
  await Promise.all([writer.ask('level'), reader.ask('level')])
  const check = async () => {
    const [left, right] = [await writer.ask('facts'), await reader.ask('facts')]
    if (left.viewHash !== right.viewHash) throw new Error('the two views differ')
    return left
  }
  // one host holds no more than 1,024 live claims: those of the measurement before are released, outside of what is measured
  const clear = () => writer.ask('release')
  return { name: 'skein', writer, reader, check, clear, stop: async () => void (await Promise.all([writer.stop(), reader.stop()])) }
}

const stockPair = async () => {
  const port = await freePort()
  const script = fileURLToPath(new URL('../node_modules/@y/websocket-server/src/server.js', import.meta.url))
  const server = spawn(process.execPath, [script], { env: { ...process.env, HOST: '127.0.0.1', PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(server.stdout, 'data')
  const [writer, reader] = await Promise.all([start('ywebsocket.mjs', [port, 'pair', 'writer']), start('ywebsocket.mjs', [port, 'pair', 'reader'])])
  await Promise.all([writer.ask('connect'), reader.ask('connect')])
  const stop = async () => {
    await Promise.all([writer.stop(), reader.stop()])
    server.kill()
    await once(server, 'exit')
  }
  return { name: 'stock y-websocket', writer, reader, stop }
}

const barePair = async () => {
  const reader = await start('websocket.mjs', [0, 'reader'])
  const writer = await start('websocket.mjs', [await reader.ask('listen'), 'writer'])
  await writer.ask('connect')
  return { name: 'bare ws', writer, reader, stop: async () => void (await Promise.all([writer.stop(), reader.stop()])) }
}

/** One load on one pair: every latency from the writer's call to the reader's sight, and what it cost both processors. */
const measure = async ({ writer, reader, clear }, load, prefix, count, ...args) => {
  await clear?.()
  await reader.ask('watch', prefix, count)
  const [writerBefore, readerBefore] = [await writer.ask('cpu'), await reader.ask('cpu')]
  const starts = await writer.ask(load, prefix, count, ...args)
  const seen = await reader.ask('seen')
  const [writerAfter, readerAfter] = [await writer.ask('cpu'), await reader.ask('cpu')]
  const failed = await writer.ask('failed')
  if (failed.length > 0) throw new Error(`${failed.length} writes failed: ${failed[0]}`)
  const latencies = starts.map((start, index) => seen[index] - start)
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    all: Math.max(...seen) - Math.min(...starts),
    writerCpu: cpuBetween(writerBefore, writerAfter) / count,
    readerCpu: cpuBetween(readerBefore, readerAfter) / count
  }
}

/** Two hosts, set → visible on the other, beside a stock y-websocket and a bare WebSocket, in turns. */
export const pair = async () => {
  const pairs = []
  const rounds = new Map()
  try {
    for (const make of [skeinPair, stockPair, barePair]) pairs.push(await make())
    for (const each of pairs) {
      await measure(each, 'paced', 'src/warm', 60, 5)
      await measure(each, 'burst', 'src/hot', 300)
      rounds.set(each.name, { paced: [], burst: [] })
    }
    for (let round = 0; round < ROUNDS; round++) {
      const order = [...pairs.slice(round % pairs.length), ...pairs.slice(0, round % pairs.length)]
      for (const each of order) rounds.get(each.name).paced.push(await measure(each, 'paced', `src/paced-${round}`, PACED, EVERY_MS))
      for (const each of order) rounds.get(each.name).burst.push(await measure(each, 'burst', `src/burst-${round}`, BURST))
    }
    await pairs[0].check()
  } finally {
    for (const each of pairs) await each.stop()
  }
  const of = (name, load, what) => rounds.get(name)[load].map(round => round[what])
  const beside = (name, load, what) => ({ name, rounds: of(name, load, what) })
  const stock = 'stock y-websocket'
  return [
    figure({ name: 'pair: paced, set → visible, p50', unit: 'ms', rounds: of('skein', 'paced', 'p50'), beside: beside(stock, 'paced', 'p50'), target: '≤ 1×' }),
    figure({ name: 'pair: paced, set → visible, p99', unit: 'ms', rounds: of('skein', 'paced', 'p99'), beside: beside(stock, 'paced', 'p99'), target: '≤ 1×' }),
    figure({ name: 'pair: burst of 1,000, p50', unit: 'ms', rounds: of('skein', 'burst', 'p50'), beside: beside(stock, 'burst', 'p50') }),
    figure({ name: 'pair: burst of 1,000, p99', unit: 'ms', rounds: of('skein', 'burst', 'p99'), beside: beside(stock, 'burst', 'p99'), target: '≤ 0.25×' }),
    figure({ name: 'pair: burst of 1,000, first call → last seen', unit: 'ms', rounds: of('skein', 'burst', 'all'), beside: beside(stock, 'burst', 'all') }),
    figure({ name: 'pair: floor, one message one way, p50', unit: 'ms', rounds: of('bare ws', 'paced', 'p50'), beside: beside(stock, 'paced', 'p50') }),
    figure({ name: 'pair: floor, one message one way, p99', unit: 'ms', rounds: of('bare ws', 'paced', 'p99'), beside: beside(stock, 'paced', 'p99') }),
    figure({ name: 'pair: floor, burst of 1,000, p99', unit: 'ms', rounds: of('bare ws', 'burst', 'p99'), beside: beside(stock, 'burst', 'p99') }),
    figure({ name: 'pair: paced, processor time a record, writer', unit: 'µs', rounds: of('skein', 'paced', 'writerCpu'), beside: beside(stock, 'paced', 'writerCpu') }),
    figure({ name: 'pair: paced, processor time a record, reader', unit: 'µs', rounds: of('skein', 'paced', 'readerCpu'), beside: beside(stock, 'paced', 'readerCpu') }),
    figure({ name: 'pair: burst, processor time a record, writer', unit: 'µs', rounds: of('skein', 'burst', 'writerCpu'), beside: beside(stock, 'burst', 'writerCpu') }),
    figure({ name: 'pair: burst, processor time a record, reader', unit: 'µs', rounds: of('skein', 'burst', 'readerCpu'), beside: beside(stock, 'burst', 'readerCpu') })
  ]
}
