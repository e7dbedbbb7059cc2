import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemAdapters } from '../../src/control/assembly.js'
import type { StatusData } from '../../src/control/operations/status.js'
import type { VerifyData } from '../../src/control/operations/verify.js'
import type { SessionName } from '../../src/core/brand.js'
import { Host } from '../../src/host/host.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { startFaulty } from '../support/faulty-daemon.js'
import { TestMesh } from '../support/mesh.js'
import { seeded } from '../support/seeded.js'

const SEED = Number(process.env.SKEIN_SEED ?? Date.now() % 100_000)
const random = seeded(SEED)
const NOTES = 800
const KILLS = 5

const mesh = new TestMesh()
const recordsAt = async (name: string): Promise<number> => (await mesh.ask<StatusData>(name, 'status')).records

beforeAll(async () => {
  await mesh.found('a')
  await mesh.up('a')
  await mesh.join('b', await mesh.invite('a'))
  await mesh.down('a')
  const host = await Host.open(mesh.home('a'), systemAdapters(), { what: 'test', daemon: false })
  if (!host.ok) throw new Error(host.failure.message)
  // some 6 MiB: a host's log holds at most 8
  await Promise.all(Array.from({ length: NOTES }, (_, count) => host.value.write('a-1' as SessionName, [{ kind: 'note', fields: { text: `${count} ${'x'.repeat(7_800)}` } }])))
  await host.value.stop()
  await mesh.up('a')
}, 60_000)

afterAll(() => mesh.end())

describe(`a backlog of ${NOTES} notes, some 6 MiB, merged by a host that dies of it (seed ${SEED})`, () => {
  it('killed at random moments and by its own memory limit: what it had stored it has, and the rest comes', async () => {
    const held: number[] = []
    const heldNow = async (): Promise<number> => {
      const host = await Host.open(mesh.home('b'), systemAdapters(), { what: 'test', daemon: false })
      if (!host.ok) throw new Error(host.failure.message)
      const { damage, view } = host.value.replica
      expect(damage).toEqual([])
      const { count } = view
      await host.value.stop()
      return count
    }
    let killed = 0
    for (let round = 0; round < KILLS; round++) {
      const daemon = startFaulty(mesh, 'b', { kill: { at: random() < 0.5 ? 'before-commit:foreign' : 'after-commit:foreign', count: 1 + Math.floor(random() * 3) } })
      // once all of it has come the point may not be passed any more
      const how = await Promise.race([daemon.ended, eventually(() => recordsAt('b').catch(() => 0), count => count >= NOTES, 30_000).then(() => 'merged', () => 'merged')])
      if (how === 'merged') process.kill(daemon.pid, 'SIGKILL')
      await daemon.ended
      killed += 1
      held.push(await heldNow())
    }
    const starved = startFaulty(mesh, 'b', {}, ['--max-old-space-size=16', '--max-semi-space-size=1'])
    const end = await Promise.race([starved.ended, eventually(() => recordsAt('b').catch(() => 0), count => count >= NOTES, 30_000).then(() => 'merged', () => 'hung')])
    if (typeof end === 'string' && end !== 'SIGABRT') process.kill(starved.pid, 'SIGKILL')
    await starved.ended
    held.push(await heldNow())
    const lost = held.filter((count, index) => count < (held[index - 1] ?? 0)).length
    await mesh.up('b')
    await eventually(() => recordsAt('b'), count => count >= NOTES, 30_000)
    expect((await mesh.ask<VerifyData>('b', 'verify')).sound).toBe(true)
    console.log(`killed ${killed} times while merging, with 16 MiB of heap: ${end}; records after each: ${held.join(' ')}`)
    recordCase(9, { test: 'test/e2e/backlog.test.ts (6 MiB)', runs: held.length, worst: lost, limit: 0, unit: 'lost' })
    expect(lost).toBe(0)
  }, 180_000)
})
