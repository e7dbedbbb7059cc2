import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionName } from '../../../src/core/brand.js'
import type { Draft } from '../../../src/core/replica/input.js'
import { dispatch } from '../../../src/control/dispatch.js'
import type { ExportData, ExportLine } from '../../../src/control/operations/export.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { evidenceOf } from '../../support/pair.js'

const READER = fileURLToPath(new URL('../../vectors/reader.py', import.meta.url))
const lacks = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { timeout: 10_000 }).status === 0 ? '' : ' (skipped: no python3 from 3.8 on)'
const DAY = 24 * 60 * 60_000
const HOSTILE = '\u001b[31m"\\ ключ 鍵 \u2028\u202e😀\n{"v":1}'

const folder = temporaryFolder()
let desk: Desk
let files = 0

type FrameLine = Extract<ExportLine, { type: 'frame' }>

const isFrame = (line: ExportLine): line is FrameLine => line.type === 'frame'

const write = async (drafts: readonly Draft[]): Promise<readonly { readonly id: string }[]> => {
  const written = await desk.host.write('claude' as SessionName, drafts)
  if (!written.ok) throw new Error(written.failure.message)
  return written.value
}

/** All pages of an export, each held to its bound. */
const exported = async (args: Record<string, unknown> = {}): Promise<{ readonly lines: ExportLine[]; readonly pages: number; readonly warnings: readonly string[] }> => {
  const lines: ExportLine[] = []
  for (let pages = 1, after: string | null = null; ; pages++) {
    const { envelope } = await dispatch(desk.host, { op: 'export', args: { ...args, ...(after === null ? {} : { after }) }, caller: evidenceOf('reader'), cwd: folder.path })
    if (!envelope.ok) throw new Error(envelope.error.message)
    expect(JSON.stringify(envelope).length).toBeLessThan(4 * 1024 * 1024)
    const data = envelope.data as ExportData
    lines.push(...data.lines)
    after = data.next
    if (after === null) return { lines, pages, warnings: envelope.warnings.map(({ code }) => code) }
  }
}

/** What the reader in Python, which shares no line with skein, says of these lines. */
const read = (lines: readonly ExportLine[]): Promise<{ readonly status: number; readonly last: string; readonly error: string }> => {
  const file = `${folder.path}/${files++}.jsonl`
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  return new Promise(resolve => {
    execFile('python3', ['-I', '-S', READER, 'export', file], { maxBuffer: 16 * 1024 * 1024 }, (failure, out, error) => {
      resolve({ status: failure === null ? 0 : Number(failure.code), last: out.trimEnd().split('\n').at(-1) ?? '', error })
    })
  })
}

const recordsIn = (lines: readonly ExportLine[]): string[] => lines.filter(isFrame).flatMap(({ records }) => records.map(({ record }) => record))

beforeAll(async () => {
  desk = await Desk.open(`${folder.path}/home`, folder.path)
})

afterAll(async () => {
  await desk.close()
  folder.remove()
})

describe.skipIf(lacks !== '')(`an export is checked without skein${lacks}`, () => {
  let lines: ExportLine[]

  beforeAll(async () => {
    await write([{ kind: 'note', fields: { text: HOSTILE } }])
    await write([{ kind: 'decision', fields: { text: 'use argon2' } }, { kind: 'message', fields: { to: { host: desk.host.replica.hostId }, text: 'hello' } }])
    lines = (await exported()).lines
  })

  it('holds every act, every frame and every record, and each is what was signed', async () => {
    expect(lines.map(({ type }) => type).slice(0, 3)).toEqual(['mesh', 'act', 'frame'])
    const held = Array.from(desk.host.replica.view.records(), ({ id }) => id as string)
    expect(recordsIn(lines).sort()).toEqual(held.sort())
    const { status, last, error } = await read(lines)
    expect({ status, error }).toEqual({ status: 0, error: '' })
    expect(last).toContain(`1 acts, ${lines.filter(isFrame).length} frames (${lines.filter(isFrame).length - 1} follow the one before), ${held.length} records`)
  })

  it('a letter that was changed anywhere fails', async () => {
    const places = lines.flatMap((line, at) => Object.keys(line).map(name => ({ at, name, of: 'line' }))).filter(({ name }) => name !== 'type' && name !== 'format' && name !== 'generation' && name !== 'whole')
    const last = lines.length - 1
    const frame = lines[last]
    if (frame?.type !== 'frame') throw new Error('no frame at the end')
    const changed: ExportLine[][] = []
    const flip = (text: string): string => `${text.slice(0, 5)}${text[5] === 'A' ? 'B' : 'A'}${text.slice(6)}`
    const alter = (value: unknown): unknown => (typeof value === 'string' ? flip(value) : typeof value === 'number' ? value + 1 : null)
    for (const { at, name } of places.filter(({ at }) => at === 1 || at === last)) {
      if (name === 'records' || name === 'says') continue
      changed.push(lines.map((line, index) => (index === at ? { ...line, [name]: alter(Reflect.get(line, name)) } : line)))
    }
    const [record] = frame.records
    if (record === undefined) throw new Error('no record')
    const withRecords = (records: FrameLine['records']): ExportLine[] => [...lines.slice(0, -1), { ...frame, records }]
    const content = JSON.parse(JSON.stringify(record.content))
    changed.push(
      withRecords([]),
      withRecords([{ ...record, content: { ...content, text: `${content.text}!` } }]),
      withRecords([{ ...record, content: { ...content, more: 1 } }]),
      withRecords([{ ...record, at: '2020-01-01T00:00:00.000Z' }]),
      withRecords([{ ...record, record: flip(record.record) }]),
      withRecords([{ ...record, content: null, raw: JSON.stringify(content).replace('argon2', 'argon3') }]),
      lines.toSpliced(1, 1),
      lines.toSpliced(last - 1, 1, frame)
    )
    for (const each of changed) {
      const { status, error } = await read(each)
      expect([status, error.slice(0, 6)], JSON.stringify(each.filter((line, at) => line !== lines[at]))).toEqual([1, 'wrong:'])
    }
    console.log(`${changed.length} changed exports, none passed`)
  })

  it('of some kinds, scopes or times holds the frames that say so, and each stands alone', async () => {
    const { lines: decisions } = await exported({ kinds: ['decision'] })
    expect(decisions.filter(isFrame).flatMap(({ records }) => records.map(({ content }) => Reflect.get(Object(content), 'text')))).toEqual(['use argon2'])
    expect(await read(decisions)).toMatchObject({ status: 0 })
    expect(recordsIn((await exported({ until: desk.host.now().wall - DAY })).lines)).toEqual([])
    expect(recordsIn((await exported({ since: desk.host.now().wall - DAY })).lines)).toHaveLength(recordsIn(lines).length)
    expect((await desk.run('reader', ['export', '--kind', 'decison'])).envelope.error).toMatchObject({ code: 'KIND_UNKNOWN' })
    expect((await desk.run('reader', ['export', '--since', 'often'])).envelope.error).toMatchObject({ code: 'FIELD_INVALID', field: 'since' })
  })
})

describe.skipIf(lacks !== '')(`a record whose frame is gone${lacks}`, () => {
  let kept: string

  beforeAll(async () => {
    kept = (await write([{ kind: 'decision', fields: { text: `kept: ${HOSTILE}` } }]))[0]?.id ?? ''
    for (let written = 0; written < 3_000; written += 100) await write(Array.from({ length: 100 }, (_, index) => ({ kind: 'note', fields: { text: `note ${written + index} ${'x'.repeat(300)}` } })))
  }, 60_000)

  it('is told in pages while its frame is there', async () => {
    const { lines, pages } = await exported()
    expect(pages).toBeGreaterThan(2)
    expect(recordsIn(lines)).toContain(kept)
    expect(await read(lines)).toMatchObject({ status: 0, error: '' })
  })

  it('verifies through its author\'s snapshot, of several parts', async () => {
    desk.advance(20 * DAY)
    for (let written = 0; written < 2_000; written += 100) await write(Array.from({ length: 100 }, (_, index) => ({ kind: 'note', fields: { text: `later ${written + index} ${'y'.repeat(300)}` } })))
    desk.advance(12 * DAY)
    desk.host.runtime.feed({ type: 'compact' })
    await desk.host.runtime.settled()
    for (let round = 0; round < 200 && [...desk.host.replica.logs.logs()].some(({ chain }) => chain.pastCount > 0); round++) {
      desk.host.runtime.feed({ type: 'diskFree', bytes: 1 })
      await desk.host.runtime.settled()
    }
    const { lines, warnings } = await exported()
    const frames = lines.filter(isFrame)
    expect(frames[0]).toMatchObject({ kind: 'snapshot', part: 0 })
    expect(frames[0]?.seq).toBeGreaterThan(50)
    expect(frames[0]?.parts).toBeGreaterThan(1)
    expect(frames.filter(({ kind, records }) => kind === 'snapshot' && records.length > 0).length).toBeGreaterThan(1)
    const line = frames.find(({ records }) => records.some(({ record }) => record === kept))
    expect(line?.kind).toBe('snapshot')
    expect(warnings).toContain('HISTORY_MISSING')
    expect(await read(lines)).toMatchObject({ status: 0, error: '' })
    const alone = await exported({ kinds: ['decision'] })
    expect(recordsIn(alone.lines)).toContain(kept)
    expect(await read(alone.lines)).toMatchObject({ status: 0, error: '' })
    const changed = lines.map(each => (each === line ? { ...line, records: line.records.map(one => (one.record === kept ? { ...one, content: { ...Object(one.content), text: 'kept: something else' } } : one)) } : each))
    expect(await read(changed)).toMatchObject({ status: 1, error: expect.stringContaining('content is not what was signed') })
  }, 60_000)
})
