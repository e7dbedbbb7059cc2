// One host of the real program in a process of its own: store on disk with fsync, TLS, signatures. argv: home, what it is for.
import { systemAdapters } from '../../dist/control/assembly.js'
import { Host } from '../../dist/host/host.js'
import { claimOf, REPOSITORY } from '../claims.mjs'
import { burst, now, paced } from '../measure.mjs'
import { serve } from '../processes.mjs'

const [home] = process.argv.slice(2)
const SESSION = 'bench'
let host = null

const opened = async () => {
  const result = await Host.open(home, systemAdapters(), { what: 'bench', daemon: true })
  if (!result.ok) throw new Error(result.failure.message)
  return result.value
}

const isLevel = () => [...host.replica.links].some(link => link.phase === 'open' && link.levelled)

/** Claims `PREFIX/0`, `PREFIX/1` … as they become visible here: an agent that asked at that moment would be told of them. */
const watching = { prefix: '', times: [], count: 0, done: null }

const isVisible = path => host.replica.view.claims.overlapping({ repo: REPOSITORY, scope: [path], mode: 'exclusive' }, host.meshNow()).length > 0

const look = () => {
  const { times, count, prefix } = watching
  while (times.length < count && isVisible(`${prefix}/${times.length}`)) times.push(now())
  if (times.length === count) watching.done?.()
}

const failed = []
const write = path => {
  const written = host.write(SESSION, [claimOf(path, host.meshNow())])
  written.then(result => result.ok || failed.push(result.failure.message))
  return written
}

serve({
  open: async () => {
    const began = now()
    host = await opened()
    return now() - began
  },
  connect: async () => {
    const network = await host.connect({ listen: true })
    if (!network.ok) throw new Error(network.failure.message)
    await host.publishProfile(host.advertised())
    host.refreshTargets()
    host.runtime.on(event => {
      if (event.type === 'viewChanged' && watching.count > 0) look()
    })
  },
  level: async () => {
    if (!isLevel()) await host.runtime.waitFor(event => event.type === 'levelled', 10_000)
    if (!isLevel()) throw new Error('the two hosts did not link')
  },
  watch: (prefix, count) => {
    Object.assign(watching, { prefix, count, times: [], done: null })
  },
  seen: async () => {
    if (watching.times.length < watching.count) await new Promise(resolve => Object.assign(watching, { done: resolve }))
    const { times } = watching
    watching.count = 0
    return times
  },
  paced: async (prefix, count, everyMs) => paced(count, everyMs, index => write(`${prefix}/${index}`)),
  burst: async (prefix, count) => burst(count, index => write(`${prefix}/${index}`)),
  /** One after the other, each on disk before the next: one frame each, as when agents claim over a day. */
  fill: async paths => {
    for (const path of paths) await write(path)
  },
  /** Intents on the same kind of path: records that are no claims, where a host may not hold as many claims as are wanted. */
  intend: async paths => {
    for (const path of paths) await host.write(SESSION, [{ kind: 'intent', fields: { repo: REPOSITORY, scope: [path], text: 'moves the session check into the middleware, and its tests with it; one module at a time' } }])
  },
  release: async () => {
    const { view, hostId } = host.replica
    const held = view.claims.liveOfHost(hostId, host.meshNow()).map(({ id }) => id)
    for (let at = 0; at < held.length; at += 500) await host.write(SESSION, [{ kind: 'release', fields: { claims: held.slice(at, at + 500) } }])
  },
  failed: () => failed,
  facts: () => ({ records: host.replica.view.count, viewHash: host.replica.view.hash(), frames: [...host.replica.logs.logs()].reduce((sum, log) => sum + log.headSeq + 1, 0) }),
  textBytes: () => [...host.replica.view.records()].reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
  heap: () => {
    for (let turn = 0; turn < 3; turn++) globalThis.gc()
    const { heapUsed, external, rss } = process.memoryUsage()
    return { heapUsed, external, rss }
  },
  /** What a `skein log` asks for, so that its order is in memory too. */
  tell: () => host.replica.view.timeline.entries().length,
  stop: async () => host?.stop()
})
