import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/adapters/level/database.js'
import { systemAdapters } from '../../src/control/assembly.js'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { Host } from '../../src/host/host.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { startFaulty } from '../support/faulty-daemon.js'
import { roundsOf, timeoutOf, writeLongResult } from '../support/long.js'
import { TestMesh } from '../support/mesh.js'

/** Each point this often: ×100 in the long run. */
const rounds = roundsOf(1, 100)

const mesh = new TestMesh()
const answered: string[] = []
let names = 0

const scopesAt = async (name: string): Promise<Set<string>> => new Set((await mesh.ask<ClaimsData>(name, 'claims')).claims.flatMap(({ scope }) => scope))

/** Claims at one of the hosts until it is gone, at most so often. */
const claimAt = async (host: string, most = 8): Promise<void> => {
  for (let count = 0; count < most; count++) {
    const name = `@${host}-${names++}`
    const written = await mesh.ask(host, 'claim', { scope: [name] }).catch(() => null)
    if (written === null) return
    answered.push(name)
  }
}

let damages = 0

/** A host in doubt about its own log opens a new epoch with the next thing that it writes: here because a byte of a frame was changed. */
const damageOwnLog = async (): Promise<void> => {
  damages += 1
  // what nobody else holds would be lost with the frame, and that is not what is asked here
  const daemon = startFaulty(mesh, 'a', {})
  await daemon.up
  await eventually(() => scopesAt('b'), there => answered.every(name => there.has(name)), 20_000)
  process.kill(daemon.pid, 'SIGTERM')
  await daemon.ended
  const signer = await systemAdapters().keys(mesh.home('a')).host()
  if (!signer.ok) throw new Error(signer.failure.message)
  const key = toHex(signer.value.publicKey)
  const db = await openDatabase(`${mesh.home('a')}/store/frames`, false)
  // the newest frame of the newest epoch: older ones a start does not look at
  const [chosen] = await db.iterator({ gt: `frame!${key}`, lt: `frame!${key}~`, reverse: true, limit: 1 }).all()
  if (chosen === undefined) throw new Error('no own frame')
  await db.put(chosen[0], chosen[1].map((byte, at) => (at === 60 + (damages % 100) ? byte ^ 1 : byte)), { sync: true })
  await db.close()
}

interface Point {
  readonly at: string
  readonly count?: number
  readonly before?: () => Promise<void>
  readonly act: (pid: number) => Promise<void>
}

const claims = (at: string, count = 1): Point => ({ at, count, act: () => claimAt('a') })
const heard = (at: string, count = 1): Point => ({ at, count, act: () => claimAt('b') })
const snapshot = (at: string): Point => ({
  at,
  act: async pid => {
    await claimAt('a', 2)
    process.kill(pid, 'SIGUSR2')
  }
})
const newEpoch = (at: string): Point => ({ at, before: damageOwnLog, act: () => claimAt('a') })
const greeting = (at: string): Point => ({ at, act: async () => undefined })

/** Between what is written and what is told, at each step of the way. */
const POINTS: readonly Point[] = [
  claims('before-commit:own', 3),
  claims('after-commit:own', 3),
  claims('before-send:push', 2),
  claims('after-send:push', 2),
  claims('before-receive:have'),
  snapshot('before-commit:snapshot'),
  snapshot('after-commit:snapshot'),
  heard('before-commit:foreign', 2),
  heard('after-commit:foreign', 2),
  heard('before-send:have'),
  greeting('before-send:proof'),
  greeting('after-send:status'),
  newEpoch('before-commit:epoch'),
  newEpoch('after-commit:epoch')
]

beforeAll(async () => {
  await mesh.foundPair('a', 'b')
  await mesh.down('a')
}, 60_000)

afterAll(() => mesh.end())

/** The next round begins with few claims, and a's daemon down. */
const makeRoom = async (): Promise<void> => {
  for (const name of ['a', 'b']) await mesh.ask(name, 'release', { all: true })
  answered.length = 0
  await mesh.down('a')
}

describe(`kill -9 exactly at ${POINTS.length} points, each ${rounds.asked} times`, () => {
  let kills = 0
  let lost = 0
  const failures: string[] = []
  let round = 0

  const killAt = async ({ at, count = 1, before, act }: Point): Promise<void> => {
    await before?.()
    const daemon = startFaulty(mesh, 'a', { kill: { at, count } })
    await daemon.up.catch(() => undefined)
    let how: number | string | null = null
    for (let tries = 0; how === null; tries++) {
      if (tries > 20) throw new Error(`${at} is never passed`)
      how = await Promise.race([daemon.ended, act(daemon.pid).then(() => new Promise<null>(resolve => setTimeout(() => resolve(null), 10)))])
    }
    expect(how, at).toBe('SIGKILL')
    kills += 1
    const opened = await Host.open(mesh.home('a'), systemAdapters(), { what: 'test', daemon: false })
    if (!opened.ok) throw new Error(`after ${at}: ${opened.failure.message}`)
    const { view, logs, damage } = opened.value.replica
    const held = new Set([...view.claims.live(opened.value.meshNow())].flatMap(({ scope }) => scope))
    await opened.value.stop()
    if ([...logs.proofs()].length > 0) failures.push(`${at}: the own log forked`)
    expect(failures).toEqual([])
    // what was damaged on purpose comes back from the other host, and is looked for at the end of the round
    if (before !== undefined) return
    const mine = answered.filter(name => name.startsWith('@a') && !held.has(name))
    lost += mine.length
    if (mine.length > 0) failures.push(`${at}: ${mine.join(' ')} lost`)
    // what the other host heard from here lies here: nothing was told before it was on disk
    const told = [...await scopesAt('b')].filter(name => name.startsWith('@a') && !held.has(name))
    if (told.length > 0) failures.push(`${at}: ${told.join(' ')} told and not kept`)
    if (round === 0 && damage.length > 0) failures.push(`${at}: ${JSON.stringify(damage)}`)
    expect(failures).toEqual([])
  }

  it('loses nothing that was answered, tells nothing that is not kept, and forks nothing', async () => {
    for (; !rounds.isOver(round); round++) {
      for (const point of POINTS) await killAt(point)
      await mesh.up('a')
      const all = await eventually(async () => [await scopesAt('a'), await scopesAt('b')], views => views.every(view => answered.every(name => view.has(name))), 20_000)
      expect(all[0]?.size).toBe(all[1]?.size)
      if (!rounds.isOver(round + 1)) await makeRoom()
    }
    for (const name of ['a', 'b']) {
      expect((await mesh.ask<StatusData>(name, 'status')).forked).toEqual([])
    }
    console.log(`${kills} kills at ${POINTS.length} points, the last ${answered.length} answered claims on both hosts, ${lost} lost`)
    recordCase(2, { test: 'test/e2e/kill-points.test.ts', runs: kills, worst: lost + failures.length, limit: 0, unit: 'lost' })
    recordCase(3, { test: 'test/e2e/kill-points.test.ts', runs: 2 * round, worst: lost, limit: 0, unit: 'lost' })
    writeLongResult({ name: 'kill -9 at named points', asked: rounds.asked * POINTS.length, done: kills, failures: failures.length, worst: lost, unit: 'lost' })
  }, timeoutOf(200_000))
})
