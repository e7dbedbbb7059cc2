import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLevelStore } from '../../src/adapters/level/open.js'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { LogData } from '../../src/control/operations/log.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import type { VerifyData } from '../../src/control/operations/verify.js'
import { homePaths } from '../../src/host/home.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { startProxy } from '../support/fault-proxy.mjs'
import { freePort } from '../support/free-port.js'
import { isLong, roundsOf, timeoutOf, writeLongResult } from '../support/long.js'
import { TestMesh } from '../support/mesh.js'
import { insideOf, lookAt, slopeOf, watchedIn, type Look } from '../support/watched.js'

/** `a`, `b` and `c` live through all of it: they are what is measured. `d` and `e` are killed and started again. */
const HOSTS = ['a', 'b', 'c', 'd', 'e'] as const
const STEADY = HOSTS.slice(0, 3)
const OPS_PER_SECOND = 10
const LOOK_MS = 3_000
const CUT_MS = 10_000
/** Claims that a host holds at a time: the oldest is released for the next. */
const HELD = 12
const rounds = roundsOf(0, 8 * 3_600 * OPS_PER_SECOND)
/** A fault a minute; in a run of a few minutes eight of them all the same. */
const FAULT_MS = Math.min(60_000, (Number(process.env.SKEIN_LONG_MINUTES ?? 0) * 60_000) / 9)

type Name = (typeof HOSTS)[number]

const mesh = new TestMesh()
const watch = join(mesh.folder.path, 'watch')
const proxies = new Map<Name, Awaited<ReturnType<typeof startProxy>>>()
/** What was answered and must be there in the end. */
const kept = new Map<Name, { readonly claims: string[]; readonly notes: string[] }>(HOSTS.map(name => [name, { claims: [], notes: [] }]))
/** Operations without an answer, or refused, by the words of it. */
const unanswered = new Map<string, number>()

const keptBy = (name: Name) => {
  const found = kept.get(name)
  if (found === undefined) throw new Error(`no host ${name}`)
  return found
}

const up = (name: Name): Promise<number> => mesh.up(name, [], { env: watchedIn(watch) })

const listening = async (name: Name): Promise<string[]> => {
  const port = await freePort()
  const proxy = await startProxy({ targetPort: port })
  proxies.set(name, proxy)
  return ['--listen', `127.0.0.1:${port}`, '--advertise', `127.0.0.1:${proxy.port}`]
}

/** One operation at one host: mostly claims and releases, every tenth a note. What fails while its daemon dies is not answered. */
const operate = async (name: Name, number: number): Promise<void> => {
  const { claims, notes } = keptBy(name)
  const oldest = claims[0]
  try {
    if (number % 10 === 9) {
      await mesh.ask(name, 'send', { kind: 'note', text: `note ${number} of ${name}` })
      notes.push(`note ${number} of ${name}`)
    } else if (claims.length >= HELD && oldest !== undefined) {
      claims.shift()
      await mesh.ask(name, 'release', { what: [oldest] })
    } else {
      await mesh.ask(name, 'claim', { scope: [`@soak-${name}-${number}`] })
      claims.push(`@soak-${name}-${number}`)
    }
  } catch (error) {
    const words = error instanceof Error ? error.message.slice(0, 60) : String(error)
    unanswered.set(words, (unanswered.get(words) ?? 0) + 1)
  }
}

const restarted = async (name: Name, end: () => Promise<void>): Promise<void> => {
  await end()
  await up(name)
}

const cutOff = async (name: Name, silent: boolean): Promise<void> => {
  proxies.get(name)?.cut({ silent })
  await new Promise(resolve => setTimeout(resolve, CUT_MS))
  proxies.get(name)?.heal()
}

/** What goes wrong, one a minute, in turn. Calls go on meanwhile, also at a daemon that is killed. */
const FAULTS: readonly (readonly [name: Name, what: string, run: () => Promise<void>])[] = [
  ['d', 'kill -9', () => restarted('d', () => mesh.kill('d'))],
  ['b', 'cut', () => cutOff('b', false)],
  ['e', 'restart', () => restarted('e', () => mesh.down('e'))],
  ['c', 'silent cut', () => cutOff('c', true)],
  ['e', 'kill -9', () => restarted('e', () => mesh.kill('e'))],
  ['a', 'cut', () => cutOff('a', false)]
]

const folderBytes = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).reduce((sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0), 0)

/** What a store takes on disk, and what is in it: the bytes of its frames and acts and 64 for each of their keys. */
const storeOf = async (name: Name): Promise<{ readonly disk: number; readonly model: number; readonly frames: number }> => {
  const folder = homePaths(mesh.home(name)).store
  const disk = folderBytes(folder)
  const opened = await openLevelStore(folder, { create: false })
  if (!opened.ok) throw new Error(opened.failure.message)
  let [model, frames] = [0, 0]
  for await (const stored of opened.value.scan('whole')) {
    if (stored.type === 'act') model += stored.bytes.length + 64
    if (stored.type !== 'frame') continue
    model += stored.frame.bytes.length + 64
    frames += 1
  }
  await opened.value.close()
  return { disk, model, frames }
}

/** All notes that a host shows, page by page. */
const notesAt = async (name: Name): Promise<Set<string>> => {
  const notes = new Set<string>()
  for (let behind: string | null | undefined; behind !== null; ) {
    const page: LogData = await mesh.ask<LogData>(name, 'log', { kinds: ['note'], ...(behind === undefined ? {} : { behind }) })
    for (const { text } of page.records) if (text !== null) notes.add(text)
    behind = page.next
  }
  return notes
}

const lostAt = async (name: Name): Promise<string[]> => {
  const claims = new Set((await mesh.ask<ClaimsData>(name, 'claims')).claims.flatMap(({ scope }) => scope))
  const notes = await notesAt(name)
  return HOSTS.flatMap(from => [...keptBy(from).claims.filter(scope => !claims.has(scope)), ...keptBy(from).notes.filter(text => !notes.has(text))])
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const rounded = (value: number): number => Math.round(value * 100) / 100

beforeAll(async () => {
  if (!isLong) return
  await mesh.found('a', await listening('a'))
  await up('a')
  for (const name of HOSTS.slice(1)) {
    await mesh.must(name, ['join', await mesh.invite('a'), '--name', name, ...(await listening(name))])
    await up(name)
  }
  for (const name of HOSTS) await eventually(() => mesh.ask<PeersData>(name, 'peers'), ({ peers }) => peers.filter(({ state }) => state === 'linked').length === HOSTS.length - 1, 30_000)
}, 120_000)

afterAll(async () => {
  await mesh.end()
  for (const proxy of proxies.values()) await proxy.close()
})

describe('five daemons under faults', () => {
  it(`${OPS_PER_SECOND} operations a second and a fault a minute: nothing answered is lost, and memory, files and timers stay as they are (case 76)`, async ({ skip }) => {
    if (!isLong) skip('a part of the long run (npm run test:long -- --only soak)')
    const looks = new Map<Name, (Look & { readonly timers: number | null })[]>(STEADY.map(name => [name, []]))
    const pids = new Map(STEADY.map(name => [name, mesh.pidOf(name)]))
    const began = performance.now()
    const running: Promise<void>[] = []
    let [done, faults, lookedMs] = [0, 0, -LOOK_MS]
    let fault: Promise<void> = Promise.resolve()
    for (; !rounds.isOver(done); done++) {
      const at = performance.now() - began
      const name = HOSTS[done % HOSTS.length]
      if (name !== undefined) running.push(operate(name, Math.floor(done / HOSTS.length)))
      if (running.length > 200) await Promise.all(running.splice(0))
      if (at >= (faults + 1) * FAULT_MS) {
        const next = FAULTS[faults++ % FAULTS.length]
        if (next !== undefined) fault = fault.then(next[2])
      }
      if (at - lookedMs >= LOOK_MS) {
        lookedMs = at
        for (const [steady, pid] of pids) {
          const look = pid === null ? null : lookAt(pid)
          if (look !== null && pid !== null) looks.get(steady)?.push({ ...look, timers: insideOf(watch, pid)?.timers ?? null })
        }
      }
      const dueMs = ((done + 1) * 1_000) / OPS_PER_SECOND - (performance.now() - began)
      if (dueMs > 0) await new Promise(resolve => setTimeout(resolve, dueMs))
    }
    await fault
    await Promise.all(running)
    const minutes = (performance.now() - began) / 60_000
    for (const proxy of proxies.values()) proxy.heal()
    const hashes = await eventually(() => Promise.all(HOSTS.map(name => mesh.viewHash(name))), each => new Set(each).size === 1, 60_000)
    const lost = (await Promise.all(HOSTS.map(lostAt))).flat()
    const sound = await Promise.all(HOSTS.map(async name => (await mesh.ask<VerifyData>(name, 'verify')).sound))

    const of = (name: Name) => {
      const all = looks.get(name) ?? []
      const [first, last] = [all.slice(0, Math.ceil(all.length / 3)), all.slice(-Math.ceil(all.length / 3))]
      const grown = (read: (look: (typeof all)[number]) => number | null) => {
        const values = (part: typeof all) => part.map(read).filter(value => value !== null)
        return average(values(last)) - average(values(first))
      }
      const warm = all.slice(first.length).map(({ ms, rssMiB }) => [ms / 3_600_000, rssMiB] as const)
      return { slope: slopeOf(warm), fds: grown(({ fds }) => fds), timers: grown(({ timers }) => timers), rss: [all[0]?.rssMiB ?? 0, all.at(-1)?.rssMiB ?? 0] }
    }
    const found = STEADY.map(of)
    const worst = (values: readonly number[]): number => rounded(Math.max(...values))
    expect(STEADY.map(name => mesh.pidOf(name))).toEqual([...pids.values()])
    for (const name of HOSTS) await mesh.down(name)
    const stores = await Promise.all(HOSTS.map(storeOf))
    const off = worst(stores.map(({ disk, model }) => Math.abs(disk / model - 1) * 100))

    const length = `${minutes.toFixed(1)} min`
    console.log(
      `${length}: ${done} operations (${[...unanswered.values()].reduce((sum, count) => sum + count, 0)} without an answer: ${[...unanswered].map(([words, count]) => `${count} ${words}`).join('; ')}), ${faults} faults, ${lost.length} lost; resident MiB first to last ${found.map(({ rss }) => rss.map(Math.round).join('–')).join(', ')}, ` +
        `slope MiB/h ${found.map(({ slope }) => rounded(slope)).join(', ')}; fds ${found.map(({ fds }) => rounded(fds)).join(', ')} and timers ${found.map(({ timers }) => rounded(timers)).join(', ')} more in the last third; ` +
        `stores ${stores.map(({ disk, model, frames }) => `${Math.round(disk / 1024)} KiB for ${Math.round(model / 1024)} KiB in ${frames} frames`).join(', ')}`
    )
    const test = 'test/long/soak.test.ts'
    recordCase(76, { test: `${test} (answered, then lost; ${length})`, runs: done, worst: lost.length, limit: 0, unit: 'lost' })
    recordCase(76, { test: `${test} (resident memory; ${length})`, runs: STEADY.length, worst: worst(found.map(({ slope }) => slope)), limit: 1, unit: 'MiB/h' })
    recordCase(76, { test: `${test} (files, last third; ${length})`, runs: STEADY.length, worst: worst(found.map(({ fds }) => fds)), limit: 1, unit: 'more open' })
    recordCase(76, { test: `${test} (timers, last third; ${length})`, runs: STEADY.length, worst: worst(found.map(({ timers }) => timers)), limit: 1, unit: 'more set' })
    recordCase(76, { test: `${test} (disk and model; ${length})`, runs: HOSTS.length, worst: off, limit: 10, unit: '% apart' })
    writeLongResult({ name: 'five daemons under faults', asked: 8 * 3_600 * OPS_PER_SECOND, done, failures: lost.length, worst: worst(found.map(({ slope }) => slope)), unit: 'MiB/h' })
    expect(hashes.every(hash => hash !== undefined)).toBe(true)
    expect(lost).toEqual([])
    expect(sound.every(is => is)).toBe(true)
  }, timeoutOf(5_000))
})
