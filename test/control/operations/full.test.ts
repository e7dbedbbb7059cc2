import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dispatch } from '../../../src/control/dispatch.js'
import type { LeaveData } from '../../../src/control/operations/leave.js'
import type { SessionName } from '../../../src/core/brand.js'
import { LIMITS } from '../../../src/core/limits.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'

const folder = temporaryFolder()
let desk: Desk

const fill = async (upTo: number, kind: string, fields: (index: number) => Record<string, unknown>): Promise<void> => {
  const count = upTo - desk.host.replica.view.count
  const written = await desk.host.write('bulk' as SessionName, Array.from({ length: count }, (_, index) => ({ kind, fields: fields(index) })))
  if (!written.ok) throw new Error(written.failure.message)
}

beforeAll(async () => {
  desk = await Desk.open(`${folder.path}/mac`, folder.path)
  for (const name of ['@release', '@kept']) await desk.run('claude', ['claim', name])
  await fill(LIMITS.liveRecordsPerAuthor - LIMITS.endingRecords, 'note', index => ({ text: `${index}` }))
}, 60_000)

afterAll(async () => {
  await desk.close()
  folder.remove()
})

describe('a log that holds as many records as one may', () => {
  it('takes no more, by name, and says what to do', async () => {
    const { code, envelope } = await desk.run('claude', ['claim', '@another'])
    expect([code, envelope.error.code]).toEqual([4, 'LOG_FULL'])
    expect(envelope.next).toContain('skein pending --all')
  })

  it('can be read as before, also once a lease would have been renewed', async () => {
    desk.advance(20 * 60_000)
    for (const words of [['who', '@release'], ['claims'], ['status'], ['inbox']]) expect([words[0], (await desk.run('claude', words)).code]).toEqual([words[0], 0])
  })

  it('has room left to end what was begun', async () => {
    expect((await desk.run('claude', ['release', '@release'])).code).toBe(0)
    expect((await desk.run('claude', ['claim', '@another'])).envelope.error.code).toBe('LOG_FULL')
  })

  it('is no hindrance to leaving: what cannot be released runs out, and the answer says so', async () => {
    const [claim] = [...desk.host.replica.view.ofKind('claim')]
    await fill(LIMITS.liveRecordsPerAuthor, 'release', () => ({ claims: [claim?.id] }))
    const caller = { kind: 'named' as const, tool: 'term', token: 'named:claude', name: 'claude', found: 'the test', terminal: false, person: true, agents: [] }
    const { exit, envelope } = await dispatch(desk.host, { op: 'leave', args: {}, caller, cwd: folder.path })
    expect(exit).toBe(0)
    if (!envelope.ok) throw new Error(envelope.error.message)
    expect((envelope.data as LeaveData).released).toBe(0)
    expect(envelope.warnings.map(({ code }) => code)).toEqual(['CLAIMS_KEPT'])
    expect(desk.host.replica.hasLeft).toBe(true)
  })
})
