import { join } from 'node:path'
import { loadavg } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { startProxy } from '../support/fault-proxy.mjs'
import { flood } from '../support/flooder.js'
import { freePort } from '../support/free-port.js'
import { isLong, timeoutOf, writeLongResult } from '../support/long.js'
import { TestMesh } from '../support/mesh.js'
import { insideOf, watchedIn } from '../support/watched.js'

/** `a` is measured; `b` and `c` write behind links that flap and crawl. */
const OTHERS = ['b', 'c'] as const
/** At each host, one call of each at a time. */
const WRITERS = 8
const PLAY_MS = Math.min(60_000, Number(process.env.SKEIN_LONG_MINUTES ?? 0) * 60_000 * 0.7)
const P999_MS = 50
/** How long the links flap: so long up, so long cut; the rest of the time they are cut for good, and heal with a backlog. */
const UP_MS = 1_200
const DOWN_MS = 400

const mesh = new TestMesh()
const watch = join(mesh.folder.path, 'watch')
const proxies: Awaited<ReturnType<typeof startProxy>>[] = []
let port = 0

const listening = async (listenPort: number): Promise<string[]> => {
  const proxy = await startProxy({ targetPort: listenPort })
  proxy.setDelay(40)
  proxy.setPieces(1_024)
  proxies.push(proxy)
  return ['--listen', `127.0.0.1:${listenPort}`, '--advertise', `127.0.0.1:${proxy.port}`]
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

beforeAll(async () => {
  if (!isLong) return
  port = await freePort()
  await mesh.found('a', await listening(port))
  await mesh.up('a', [], { env: watchedIn(watch) })
  for (const name of OTHERS) {
    await mesh.must(name, ['join', await mesh.invite('a'), '--name', name, ...(await listening(await freePort()))])
    await mesh.up(name)
  }
  await eventually(() => mesh.ask<PeersData>('a', 'peers'), ({ peers }) => peers.filter(({ state }) => state === 'linked').length === OTHERS.length, 30_000)
}, 120_000)

afterAll(async () => {
  await mesh.end()
  for (const proxy of proxies) await proxy.close()
})

describe('the event loop of one daemon', () => {
  it('is not blocked by a flood, many writers and flapping links at once (case 78: 24, 30 and 61)', async ({ skip }) => {
    if (!isLong) skip('a part of the long run (npm run test:long -- --only loop)')
    const began = performance.now()
    const pid = mesh.pidOf('a')
    const isOver = (): boolean => performance.now() - began > PLAY_MS
    const answered: string[] = []
    let refused = 0
    const write = async (name: string, writer: number): Promise<void> => {
      for (let number = 0; !isOver(); number++) {
        const scope = `@${name}-${writer}-${number}`
        try {
          await mesh.ask(name, 'claim', { scope: [scope] })
          if (number % 10 === 0) answered.push(scope)
          else await mesh.ask(name, 'release', { what: [scope] })
        } catch {
          refused += 1
          await pause(50)
        }
      }
    }
    const flap = async (): Promise<void> => {
      while (!isOver()) {
        for (const proxy of proxies) proxy.cut()
        await pause(DOWN_MS)
        for (const proxy of proxies) proxy.heal()
        await pause(UP_MS)
      }
    }
    const writers = ['a', ...OTHERS].flatMap(name => Array.from({ length: WRITERS }, (_, index) => write(name, index)))
    const [flooded] = await Promise.all([flood(await mesh.invite('a'), `wss://127.0.0.1:${port}`, isOver), flap(), ...writers])
    for (const proxy of proxies) proxy.setDelay(0)
    // the watch writes once more while the others' backlog is taken in
    const scopes = await eventually(async () => new Set((await mesh.ask<ClaimsData>('a', 'claims')).claims.flatMap(({ scope }) => scope)), held => answered.every(scope => held.has(scope)), 60_000)
    await pause(2_500)
    const inside = pid === null ? null : insideOf(watch, pid)
    if (inside === null) throw new Error('the daemon told nothing of itself')
    const { records, refusals } = await mesh.ask<StatusData>('a', 'status')
    const length = `${Math.round(PLAY_MS / 1_000)} s`
    console.log(
      `${length}: ${flooded.frames} frames of a flood (${Math.round(flooded.bytes / 2 ** 20)} MiB, ${flooded.dials} dials, ended by ${[...new Set(flooded.ended)].join(' ') || 'nobody'}), ${answered.length} claims kept, ${refused} calls refused, ${records} records; ` +
        `refusals ${refusals.map(({ code, count }) => `${count} ${code}`).join(', ')}; loop of the daemon over ${inside.ticks} readings: p99 ${inside.p99} ms, p99.9 ${inside.p999} ms, longest ${inside.max} ms; heap ${inside.heapMiB} MiB; load ${(loadavg()[0] ?? 0).toFixed(1)}`
    )
    recordCase(78, { test: `test/long/loop.test.ts (${length})`, runs: flooded.frames, worst: inside.p999, limit: P999_MS, unit: 'ms, p99.9' })
    writeLongResult({ name: 'event loop under flood, writers and flapping links', asked: 1, done: 1, failures: 0, worst: inside.p999, unit: 'ms, p99.9' })
    expect(mesh.pidOf('a')).toBe(pid)
    expect(answered.filter(scope => !scopes.has(scope))).toEqual([])
    expect(flooded.frames).toBeGreaterThan(1_000)
  }, timeoutOf(5_000))
})
