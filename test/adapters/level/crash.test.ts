import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { execPath } from 'node:process'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import { ALICE, scanned } from '../../contract/store.js'
import { bundle } from '../../support/bundle.js'
import { recordCase } from '../../support/cases.js'
import { StoreFolder } from './folder.js'

let child: string
let folder: StoreFolder
beforeAll(async () => {
  child = await bundle('test/adapters/level/store-child.ts')
})
beforeEach(async () => {
  folder = await StoreFolder.make()
})
afterEach(() => folder.remove())

/** Runs the child, by way of another program where one is named, until `enough` says so, kills it with SIGKILL (or lets it end), and gives the lines that it printed. */
const run = async (start: number, enough: (lines: readonly string[]) => boolean, by: readonly string[] = []): Promise<string[]> => {
  const [program = execPath, ...args] = [...by, execPath, child, folder.path, `${start}`, ALICE]
  const running = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => running.once('exit', resolve))
  const lines: string[] = []
  for await (const line of createInterface({ input: running.stdout })) {
    lines.push(line)
    if (enough(lines)) running.kill('SIGKILL')
  }
  await ended
  return lines
}

/** Why no system call can be made to fail here, or null. */
const whyNoStrace = ((): string | null => {
  const tried = spawnSync('strace', ['-qq', '-o', '/dev/null', '-e', 'inject=fdatasync:error=EIO', 'true'], { stdio: 'pipe' })
  return process.platform === 'linux' && tried.status === 0 ? null : 'strace is not installed, or may not trace'
})()
const acknowledged = (lines: readonly string[]): number[] => lines.filter(line => /^\d+$/.test(line)).map(Number)
const present = (lines: readonly string[]): Set<number> => new Set(lines.filter(line => line.startsWith('frame')).map(line => Number(line.split(' ')[2])))

describe('a process that is killed', () => {
  test('20 times, after more or fewer commits: every acknowledged frame is there, in whole commits, and the store opens at once', async () => {
    await folder.with(async () => null)
    const opening: number[] = []
    const all: number[] = []
    for (let round = 0; round < 20; round++) {
      const wanted = (round * 37 + 11) % 150
      const acks = acknowledged(await run((all.at(-1) ?? 0) + 10, lines => lines.length > wanted))
      all.push(...acks)
      const before = performance.now()
      const opened = await openLevelStore(folder.path, { create: false })
      opening.push(performance.now() - before)
      if (!opened.ok) throw new Error(JSON.stringify(opened.failure))
      const lines = await scanned(opened.value)
      await opened.value.close()
      expect(lines.filter(line => line.startsWith('damaged'))).toEqual([])
      const frames = present(lines)
      expect(all.filter(seq => !frames.has(seq))).toEqual([])
      const newest = Number(lines.find(line => line.startsWith('note newest='))?.split('=')[1] ?? 0)
      expect(newest).toBe(Math.max(0, ...frames))
    }
    recordCase(1, { test: 'test/adapters/level/crash.test.ts', runs: 20, worst: 0, limit: 0, unit: 'lost' })
    console.log(`killed 20 times, ${all.length} acknowledged, 0 lost; slowest opening ${Math.max(...opening).toFixed(0)} ms`)
  }, 60_000)

  test('while it lives another opener is told STORE_LOCKED; killed, its lock is gone with it', async () => {
    await folder.with(async () => null)
    let codes: Promise<string> | null = null
    const tryOpen = async (): Promise<string> => {
      const opened = await openLevelStore(folder.path, { create: false })
      return opened.ok ? 'opened' : opened.failure.code
    }
    let told = ''
    const lines = await run(1, seen => {
      codes ??= tryOpen().then(code => (told = code))
      return told !== '' && seen.length > 1
    })
    expect(await codes).toBe('STORE_LOCKED')
    expect(lines[0]).toBe('open')
    await folder.with(async store => expect((await store.frames(ALICE, 1, { frames: 1, bytes: 1 })).length).toBe(1))
  })

  test('a second store in the same process is told STORE_LOCKED', async () => {
    await folder.with(async store => {
      expect(await openLevelStore(folder.path, { create: true })).toMatchObject({ ok: false, failure: { code: 'STORE_LOCKED' } })
      expect(await store.frames(ALICE, 1, { frames: 1, bytes: 1 })).toEqual([])
    })
    await folder.with(async () => null)
  })
})

describe('a log that cannot grow (limit on file size, the write fails half way)', () => {
  test.skipIf(process.platform === 'win32')('the store is fenced, nothing acknowledged is lost', async () => {
    await folder.with(async () => null)
    const lines = await run(1, () => false, ['sh', '-c', 'ulimit -f 100; exec "$@"', 'sh'])
    const acks = acknowledged(lines)
    expect(acks.length).toBeGreaterThan(50)
    expect(lines.at(-1)).toMatch(/^fenced FENCED .*File too large/)
    expect(lines.filter(line => line.startsWith('after'))).toEqual(['after FENCED', 'after FENCED'])
    expect(lines.filter(line => line.startsWith('read'))).toEqual(['read 1'])
    const after = await folder.with(scanned)
    expect(after.filter(line => line.startsWith('damaged'))).toEqual([])
    expect(acks.filter(seq => !present(after).has(seq))).toEqual([])
  })
})

describe.skipIf(whyNoStrace !== null)(`an fdatasync that fails with EIO, from the 30th on${whyNoStrace === null ? '' : ` (skipped: ${whyNoStrace})`}`, () => {
  test('the store is fenced though the bytes may be there, and nothing acknowledged is lost', async () => {
    await folder.with(async () => null)
    const lines = await run(1, () => false, ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=30+'])
    const acks = acknowledged(lines)
    expect(acks.length).toBeGreaterThan(20)
    expect(lines.at(-1)).toMatch(/^fenced FENCED .*Input\/output error/)
    expect(lines.filter(line => line.startsWith('after'))).toEqual(['after FENCED', 'after FENCED'])
    const after = await folder.with(scanned)
    expect(after.filter(line => line.startsWith('damaged'))).toEqual([])
    const lost = acks.filter(seq => !present(after).has(seq))
    recordCase(14, { test: 'test/adapters/level/crash.test.ts (fdatasync: EIO)', runs: 1, worst: lost.length, limit: 0, unit: 'lost' })
    expect(lost).toEqual([])
  }, 60_000)
})
