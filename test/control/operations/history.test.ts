import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dispatch } from '../../../src/control/dispatch.js'
import type { LogData } from '../../../src/control/operations/log.js'
import type { ShowData } from '../../../src/control/operations/show.js'
import type { WhoData } from '../../../src/control/operations/who.js'
import type { Draft } from '../../../src/core/replica/input.js'
import type { SessionName } from '../../../src/core/brand.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOTES = 2_500

const folder = temporaryFolder()
let desk: Desk

const iso = (): string => new Date(desk.host.now().wall).toISOString()
const compact = async (): Promise<void> => {
  desk.host.runtime.feed({ type: 'compact' })
  await desk.host.runtime.settled()
}
const write = async (session: string, drafts: readonly Draft[]): Promise<readonly { readonly id: string }[]> => {
  const written = await desk.host.write(session as SessionName, drafts)
  if (!written.ok) throw new Error(written.failure.message)
  return written.value
}
const ask = async <Data>(op: string, args: Record<string, unknown>): Promise<{ readonly data: Data; readonly warnings: readonly { readonly code: string; readonly text: string }[] }> => {
  const { envelope } = await dispatch(desk.host, { op, args, caller: { kind: 'named', tool: 'term', token: 'named:claude', name: 'claude', found: 'the test', terminal: false, person: true, agents: [] }, cwd: folder.path })
  if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`)
  return { data: envelope.data as Data, warnings: envelope.warnings }
}
const texts = (data: LogData): (string | null)[] => data.records.map(({ text }) => text)

let before: string
let between: string
let after: string
let message: string
let answer: string

beforeAll(async () => {
  desk = await Desk.open(`${folder.path}/home`, folder.path)
  before = iso()
  desk.advance(HOUR)
  await desk.run('claude', ['claim', '@deploy', '--reason', 'the release'])
  desk.advance(5 * MINUTE)
  between = iso()
  desk.advance(5 * MINUTE)
  await desk.run('claude', ['release', '@deploy'])
  desk.advance(5 * MINUTE)
  after = iso()
  desk.advance(MINUTE)
  const self = { host: desk.host.replica.hostId }
  message = String((await write('claude', [{ kind: 'message', fields: { to: { ...self, session: 'codex' }, text: 'which key?' } }]))[0]?.id)
  answer = String((await write('codex', [{ kind: 'answer', fields: { re: message, text: 'the second' } }]))[0]?.id)
  // a long past: notes that ended a month ago, across several snapshots
  for (let written = 0; written < NOTES; written += 500) {
    for (let part = 0; part < 500; part += 50) {
      await write('codex', Array.from({ length: 50 }, (_, index) => ({ kind: 'note', fields: { text: `note ${written + part + index}` } })))
      desk.advance(MINUTE)
    }
    desk.advance(31 * DAY)
    await compact()
  }
  await write('claude', [{ kind: 'note', fields: { text: 'today' } }])
}, 60_000)

afterAll(async () => {
  await desk.close()
  folder.remove()
})

describe('what has ended and left the document', () => {
  it('is in no view any more', () => {
    expect(desk.host.replica.view.record(message as Parameters<typeof desk.host.replica.view.record>[0])).toBeNull()
    expect(desk.host.replica.view.count).toBeLessThan(5)
  })

  it('a claim is held between its making and its release, and free before and after (row 98)', async () => {
    const stateAt = async (at: string): Promise<string | undefined> => (await ask<WhoData>('who', { paths: ['@deploy'], at: Date.parse(at) })).data.paths[0]?.state
    expect([await stateAt(before), await stateAt(between), await stateAt(after), (await ask<WhoData>('who', { paths: ['@deploy'] })).data.paths[0]?.state]).toEqual(['free', 'mine', 'free', 'free'])
    const held = await desk.run('codex', ['claims', '--at', between])
    expect(held.envelope.data).toMatchObject({ total: 1, claims: [{ scope: ['@deploy'], state: 'live', reason: 'the release', lead: true }] })
    expect((await desk.run('codex', ['who', '@deploy', '--at', between])).code).toBe(1)
    expect((await desk.run('codex', ['claims', '--at', after])).envelope.data).toMatchObject({ total: 0 })
    expect((await desk.run('codex', ['who', '@deploy', '--at', 'yesterdayish'])).envelope.error).toMatchObject({ code: 'FIELD_INVALID', field: 'at' })
  })

  it('is told by the log: the newest so many, and all of it page by page, each record once and in order', async () => {
    expect(texts((await ask<LogData>('log', { limit: 3 })).data)).toEqual([`note ${NOTES - 2}`, `note ${NOTES - 1}`, 'today'])
    const told: LogData['records'] = []
    let pages = 0
    for (let behind: string | null = null; pages < 50; ) {
      const { data }: { data: LogData } = await ask<LogData>('log', { page: 400, ...(behind === null ? {} : { behind }) })
      told.push(...data.records)
      pages += 1
      behind = data.next
      if (behind === null) break
    }
    expect(pages).toBe(Math.ceil(told.length / 400))
    expect(new Set(told.map(({ record }) => record)).size).toBe(told.length)
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).sort())
    expect(told.filter(({ kind }) => kind === 'note')).toHaveLength(NOTES + 1)
    expect(told.slice(0, 4).map(({ kind }) => kind)).toEqual(['claim', 'release', 'message', 'answer'])
  })

  it('is filtered by time, peer, kind, scope and words', async () => {
    const log = async (...words: string[]): Promise<number> => ((await ask<LogData>('log', Object.fromEntries(words.map(word => [word.split('=')[0], JSON.parse(word.slice(word.indexOf('=') + 1))])))).data.records.length)
    expect(await log('kinds=["claim","release"]')).toBe(2)
    expect(await log('scope=["@deploy"]')).toBe(1)
    expect(await log('grep="note 1234"')).toBe(1)
    expect(await log(`since=${Date.parse(between)}`, `until=${Date.parse(after)}`)).toBe(1)
    expect(await log(`until=${Date.parse(before)}`)).toBe(0)
    expect(await log('peer="mac/claude"', 'limit=5000')).toBe(4)
  })

  it('is in the conversation, an answer with it whose question has left the view too', async () => {
    const { data } = await ask<{ records: { text: string | null }[]; more: boolean }>('conversation', { peer: 'mac' })
    expect(data.records.map(({ text }) => text)).toEqual(['which key?', 'the second'])
    expect((await ask<{ more: boolean }>('conversation', { limit: 1 })).data.more).toBe(true)
  })

  it('is shown by its id, with what was said about it then', async () => {
    const { data } = await ask<ShowData>('show', { id: `m-${message.slice(0, 8)}` })
    expect(data).toMatchObject({ record: message, text: 'which key?', history: true, unread: false, replies: [{ record: answer, text: 'the second' }] })
    expect((await desk.run('codex', ['show', message])).text).toContain('ended: from the log on disk')
    expect((await desk.run('codex', ['show', 'm-zzzzzzzz'])).envelope.error.code).toBe('NO_SUCH_RECORD')
  })

  it('is the same after a start, which reads none of it', async () => {
    const home = desk.host.paths.folder
    await desk.close()
    desk = await Desk.reopen(home, folder.path)
    desk.advance(200 * DAY)
    expect(desk.host.replica.view.count).toBeLessThan(5)
    expect((await desk.run('codex', ['claims', '--at', between])).envelope.data).toMatchObject({ total: 1 })
    expect(texts((await ask<LogData>('log', { limit: 2 })).data)).toEqual([`note ${NOTES - 1}`, 'today'])
  })
})

