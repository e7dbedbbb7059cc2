import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { startFaulty } from '../support/faulty-daemon.js'
import { TestMesh } from '../support/mesh.js'
import { whyNoSmallDisk } from '../support/small-disk.js'

const mesh = new TestMesh()

const scopesAt = async (name: string): Promise<Set<string>> => new Set((await mesh.ask<ClaimsData>(name, 'claims')).claims.flatMap(({ scope }) => scope))

/** Claims names one after another until one is refused. @returns those that were answered, and what the refusal said */
const claimUntilRefused = async (name: string, prefix: string): Promise<{ answered: string[]; refusal: string }> => {
  const answered: string[] = []
  for (let count = 0; ; count++) {
    const refusal = await mesh.ask(name, 'claim', { scope: [`@${prefix}-${count}`] }).then(() => null, (error: Error) => error.message)
    if (refusal !== null) return { answered, refusal }
    answered.push(`@${prefix}-${count}`)
  }
}

beforeAll(async () => {
  await mesh.foundPair('a', 'b')
  await mesh.down('a')
}, 60_000)

afterAll(() => mesh.end())

describe.each([
  { code: 'FENCED', words: 'the store takes no more: fdatasync: Input/output error', taken: true },
  { code: 'DISK_FULL', words: 'the store takes no more: No space left on device', taken: false },
  { code: 'DISK_FULL', words: 'the store takes no more: Disk quota exceeded', taken: false }
] as const)('a daemon whose store failed with $words', ({ code, words, taken }) => {
  const prefix = words.split(' ').at(-1) ?? ''
  let answered: string[] = []

  it('refuses what is written, answers what is read, and says so in every answer and exit code', async () => {
    const daemon = startFaulty(mesh, 'a', { fail: { at: 6, code, words, taken } })
    await daemon.up
    const claimed = await claimUntilRefused('a', prefix)
    answered = claimed.answered
    expect(claimed.refusal).toBe(`${code}: nothing is written any more: ${words}`)
    for (const args of [['claims'], ['who', '@x'], ['peers'], ['log'], ['inbox'], ['whoami']]) {
      const { code: exit, envelope } = await mesh.json('a', args)
      expect([args[0], exit, envelope.ok, envelope.warnings.map(warning => warning.code)]).toEqual([args[0], 4, true, expect.arrayContaining([code])])
    }
    const { code: refused, envelope } = await mesh.json('a', ['claim', '@more'])
    expect([refused, envelope.error.code, envelope.next]).toEqual([4, code, ['skein status']])
    const status = await mesh.json('a', ['status'])
    expect(status.code).toBe(4)
    expect((status.envelope.data as StatusData).fenced).toEqual({ code, reason: words })
    expect(status.envelope.next).toEqual([...(code === 'DISK_FULL' ? [`make room on the disk of ${mesh.home('a')}`] : []), 'skein down', 'skein up', 'skein verify'])
    const text = await mesh.run('a', ['status'])
    expect(text.code).toBe(4)
    expect(text.stdout).toContain(`nothing is written any more: ${words} (${code})\n`)
    expect(text.stdout).toContain('  try: skein up\n')
    expect([...await scopesAt('a')]).toEqual(expect.arrayContaining(answered))
    const down = await mesh.run('a', ['down'])
    expect([down.code, down.stderr]).toEqual([0, expect.stringContaining('nothing is written any more')])
    expect(await daemon.ended).toBe(4)
  }, 40_000)

  it('has told the peer nothing that is not on its disk, and everything that is; opened anew it goes on', async () => {
    const before = await scopesAt('b')
    await mesh.up('a')
    const held = await scopesAt('a')
    expect(answered.filter(scope => !held.has(scope))).toEqual([])
    // what the peer heard lies here: nothing was published that was not stored
    expect([...before].filter(scope => !held.has(scope))).toEqual([])
    await mesh.ask('a', 'claim', { scope: [`@${prefix}-after`] })
    await eventually(() => scopesAt('b'), there => there.has(`@${prefix}-after`) && answered.every(scope => there.has(scope)), 15_000)
    await mesh.down('a')
    recordCase(14, { test: `test/e2e/fenced.test.ts (${words.split(': ')[1] ?? ''})`, runs: 1, worst: answered.filter(scope => !held.has(scope)).length, limit: 0, unit: 'lost' })
  }, 40_000)
})

const noDisk = whyNoSmallDisk()

describe.skipIf(noDisk !== null)(`a home on a disk that fills${noDisk === null ? '' : ` (skipped: ${noDisk})`}`, () => {
  const disk = join(mesh.folder.path, 'disk')
  const filler = join(disk, 'filler')
  const fill = (): void => {
    for (const size of [4_000_000, 4096]) {
      try {
        for (;;) writeFileSync(filler, new Uint8Array(size), { flag: 'a' })
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' })
      }
    }
  }

  beforeAll(async () => {
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk])
    await mesh.must('disk/c', ['init', '--name', 'c', '--no-passphrase', '--listen', '127.0.0.1:0'])
  })
  afterAll(async () => {
    await mesh.kill('disk/c')
    execFileSync('umount', [disk])
  })

  it('to the last byte: the daemon lives, its log too, what was answered is read on, and is there when it is opened with room', async () => {
    // the program itself stops 64 MiB earlier: this is what happens when others take those too
    const daemon = startFaulty(mesh, 'disk/c', { minFreeBytes: 0 })
    await daemon.up
    await mesh.ask('disk/c', 'claim', { scope: ['@first'] })
    fill()
    const { answered, refusal } = await claimUntilRefused('disk/c', 'last')
    expect(refusal).toMatch(/^DISK_FULL: nothing is written any more: .*No space left on device/)
    const kept = ['@first', ...answered]
    expect([...await scopesAt('disk/c')]).toEqual(expect.arrayContaining(kept))
    // the log cannot be written either, and nobody dies of it
    for (let count = 0; count < 20; count++) await expect(mesh.ask('disk/c', 'claim', { scope: [`@${count}`] })).rejects.toThrow('DISK_FULL')
    rmSync(filler)
    // room comes back, the fence stays: LevelDB would write on behind a torn end
    await expect(mesh.ask('disk/c', 'claim', { scope: ['@later'] })).rejects.toThrow('DISK_FULL')
    process.kill(daemon.pid, 'SIGKILL')
    expect(await daemon.ended).toBe('SIGKILL')
    const again = startFaulty(mesh, 'disk/c', { minFreeBytes: 0 })
    await again.up
    const status = await mesh.ask<StatusData>('disk/c', 'status')
    expect(status.damage).toEqual([])
    const held = await scopesAt('disk/c')
    expect(kept.filter(scope => !held.has(scope))).toEqual([])
    await mesh.ask('disk/c', 'claim', { scope: ['@later'] })
    await mesh.run('disk/c', ['down'])
    expect(await again.ended).toBe(0)
    recordCase(12, { test: 'test/e2e/fenced.test.ts', runs: 1, worst: kept.filter(scope => !held.has(scope)).length, limit: 0, unit: 'lost' })
  }, 60_000)

  it('full when it starts: up says so in words and changes nothing; with room it is as before', async () => {
    const before = readdirSync(join(mesh.home('disk/c'), 'store')).toSorted()
    fill()
    // on a busy machine the first answer may be that it is starting
    const up = await eventually(() => mesh.json('disk/c', ['up']), ({ envelope }) => !envelope.ok)
    expect([up.code, up.envelope.error.code]).toEqual([4, 'DISK_FULL'])
    // no daemon and not a byte free: what is there is read all the same
    for (const args of [['claims'], ['status'], ['log'], ['verify']]) {
      const read = await mesh.json('disk/c', args)
      expect([args[0], read.code, read.envelope.ok]).toEqual([args[0], 4, true])
      if (args[0] === 'claims') expect(JSON.stringify(read.envelope.data)).toContain('@later')
    }
    const written = await mesh.json('disk/c', ['claim', '@never'])
    expect([written.code, written.envelope.error.code]).toEqual([4, 'DISK_FULL'])
    const init = await mesh.json('disk/d', ['init', '--no-passphrase'])
    expect([init.code, init.envelope.error.code]).toEqual([4, 'DISK_FULL'])
    expect(readdirSync(mesh.home('disk/d'))).toEqual([])
    rmSync(filler)
    expect(readdirSync(join(mesh.home('disk/c'), 'store')).toSorted()).toEqual(before)
    const daemon = startFaulty(mesh, 'disk/c', { minFreeBytes: 0 })
    await daemon.up
    expect((await mesh.ask<StatusData>('disk/c', 'status')).damage).toEqual([])
    expect(await scopesAt('disk/c')).toContain('@later')
    await mesh.run('disk/c', ['down'])
    await daemon.ended
    recordCase(14, { test: 'test/e2e/fenced.test.ts (full at start)', runs: 1, worst: 0, limit: 0, unit: 'lost' })
  }, 40_000)
})
