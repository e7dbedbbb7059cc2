import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InboxData } from '../../../src/control/operations/inbox.js'
import type { PendingData } from '../../../src/control/operations/pending.js'
import type { ShowData } from '../../../src/control/operations/show.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const folder = temporaryFolder()
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
  for (const session of ['one', 'two', 'three']) await mac.run(session, ['whoami'])
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const run = async <Data = Record<string, unknown>>(session: string, ...words: string[]): Promise<Data> => {
  const { envelope, code } = await mac.run(session, words)
  if (code !== 0 || !envelope.ok) throw new Error(`${words.join(' ')}: ${JSON.stringify(envelope.error)}`)
  return envelope.data as Data
}
const refused = async (session: string, ...words: string[]) => (await mac.run(session, words)).envelope.error
const owed = async (session: string) => (await run<PendingData>(session, 'pending')).owed.map(({ id }) => id)

describe('said again (row 60)', () => {
  it('is another record, the second attempt, and an ack of the first does not clear it', async () => {
    const first = await run('one', 'send', 'mac/two', 'push the schema', '--ack')
    const second = await run('one', 'send', '--again', String(first.id), 'push the schema, please')
    expect(second).toMatchObject({ kind: 'message', to: 'mac/two', text: 'push the schema, please', ack: true })
    expect(await owed('one')).toEqual([second.id])
    const { items } = await run<InboxData>('two', 'inbox')
    expect(items.map(({ id, answer, superseded_by }) => ({ id, answer, superseded_by }))).toEqual([{ id: first.id, answer: null, superseded_by: second.id }, { id: second.id, answer: 'wanted', superseded_by: null }])
    await run('two', 'ack', String(first.id))
    expect(await owed('one')).toEqual([second.id])
    const acked = await run('two', 'ack', String(second.id))
    expect((await run<ShowData>('two', 'show', String(acked.id))).raw).toContain('"attempt":2')
    expect(await owed('one')).toEqual([])
    expect(await run<ShowData>('one', 'show', String(first.id))).toMatchObject({ superseded_by: second.id })
    expect(await refused('one', 'send', '--again', String(first.id))).toMatchObject({ code: 'FIELD_INVALID' })
    expect(await refused('two', 'send', '--again', String(second.id))).toMatchObject({ code: 'NOT_HOLDER' })
    const third = await run('one', 'send', '--again', String(second.id))
    expect((await run<ShowData>('one', 'show', String(third.id))).raw).toContain('"attempt":3')
    await run('one', 'withdraw', String(third.id))
  })

  it('needs somebody and a text where nothing is said again', async () => {
    expect(await refused('one', 'send')).toMatchObject({ code: 'USAGE', field: 'to' })
    expect(await refused('one', 'send', 'mac/two')).toMatchObject({ code: 'USAGE', field: 'text' })
  })
})

describe('proposals', () => {
  it('are superseded by their author, and expire', async () => {
    const first = await run('one', 'propose', 'mac/two', 'I take the parser', '--scope', '@parser', '--ack', '--for', '1h')
    expect(await refused('two', 'propose', 'mac/one', 'x', '--scope', '@x', '--supersedes', String(first.id))).toMatchObject({ code: 'NOT_HOLDER' })
    const second = await run('one', 'propose', 'mac/two', 'you take it', '--scope', '@parser', '--ack', '--for', '1h', '--supersedes', String(first.id))
    expect(await owed('one')).toEqual([second.id])
    mac.advance(61 * 60_000)
    expect(await owed('one')).toEqual([])
    expect((await run<ShowData>('one', 'show', String(second.id))).recipients).toMatchObject([{ state: 'expired' }])
    expect(await refused('one', 'propose', 'mac/two', 'x', '--scope', '@x', '--for', '2020-01-01')).toMatchObject({ code: 'FIELD_INVALID', field: 'for' })
  })
})

describe('a quorum (row 61)', () => {
  it('is told where it is asked for and where it is shown', async () => {
    const { envelope } = await mac.run('one', ['send', 'mac', 'who reviews?', '--ack', '--quorum', '1'])
    expect(envelope.data).toMatchObject({ tally: { of: 1, acked: 0, quorum: { needs: 1, counted: 0, met: false } } })
    const shown = await mac.run('one', ['pending'])
    expect(shown.text).toContain('at-peer, 0/1 acked, quorum 1 not met')
    await run('two', 'ack', String(envelope.data.id))
    expect((await mac.run('one', ['show', String(envelope.data.id)])).text).toContain('1/1 acked, quorum 1 met')
    expect(await refused('one', 'send', 'mac', 'x', '--ack', '--quorum', '2')).toMatchObject({ code: 'FIELD_INVALID', field: 'quorum' })
    expect(await refused('one', 'send', 'mac', 'x', '--quorum', '1')).toMatchObject({ code: 'FIELD_MISSING', field: 'ack' })
  })
})

const codes = (answer: Awaited<ReturnType<Desk['run']>>) => answer.envelope.warnings.map(({ code }) => code)
const MINUTES = 60_000

describe('answers that are long in coming (rows 57, 59)', () => {
  it('are reminded of with back-off, in one line; then their sender is told once of all of them, and a late answer still counts', async () => {
    await run('late', 'whoami')
    const sent = await Promise.all(Array.from({ length: 10 }, (_, index) => run('four', 'send', 'mac/late', `please ${index}`, '--ack')))
    const told: number[] = []
    for (const minute of [9, 11, 29, 31, 69, 71, 149, 151, 309]) {
      mac.advance((minute - (told.at(-1) ?? 0)) * MINUTES)
      told.push(minute)
      const reminded = codes(await mac.run('late', ['pending'])).filter(code => code === 'REMINDER').length
      expect([minute, reminded]).toEqual([minute, [11, 31, 71, 151].includes(minute) ? 1 : 0])
      expect(codes(await mac.run('late', ['pending']))).not.toContain('REMINDER')
    }
    expect(codes(await mac.run('four', ['pending']))).not.toContain('PEER_SILENT')
    mac.advance(2 * MINUTES)
    const [notice, ...more] = (await mac.run('four', ['pending'])).envelope.warnings.filter(({ code }) => code === 'PEER_SILENT')
    expect(more).toEqual([])
    expect(notice).toMatchObject({ details: { host: 'mac', count: 10 } })
    expect(notice?.text).toContain('mac has not answered 10 things that you asked, the oldest 5 h ago, after 5 reminders')
    expect(codes(await mac.run('four', ['pending']))).not.toContain('PEER_SILENT')

    await run('late', 'ack', String(sent[0]?.id))
    expect((await owed('four')).length).toBe(9)
    const again = await mac.run('four', ['send', 'mac/late', 'and one more', '--ack'])
    expect(again.envelope.warnings.find(({ code }) => code === 'PEER_OWES')).toMatchObject({ details: { host: 'mac', count: 9 } })
    expect(codes(again)).not.toContain('PEER_SILENT')
    for (const { id } of sent.slice(1)) await run('late', 'nack', String(id), '--reason', 'too late')
    await run('late', 'ack', String(again.envelope.data.id))
    expect(await owed('four')).toEqual([])
  })

  it('are told of while sending from two hours on', async () => {
    for (let count = 0; count < 4; count++) await run('five', 'send', 'mac/late', 'x', '--ack')
    mac.advance(119 * MINUTES)
    expect(codes(await mac.run('five', ['send', 'mac/late', 'y']))).not.toContain('PEER_OWES')
    mac.advance(2 * MINUTES)
    const warned = (await mac.run('five', ['send', 'mac/late', 'y'])).envelope.warnings
    expect(warned.find(({ code }) => code === 'PEER_OWES')?.text).toBe('mac has 4 unacked older than 2 h, the oldest 2 h: skein pending.')
    // its agent has not looked for as long (row 101)
    expect(warned.find(({ code }) => code === 'NOT_LOOKING')?.text).toContain('mac/late has written and looked at nothing for 2 h')
    await run('late', 'decide', 'I am here')
    expect(codes(await mac.run('five', ['send', 'mac/late', 'y']))).not.toContain('NOT_LOOKING')
  })

  it('names who has a word to a session that ended', async () => {
    await run('late', 'sessions', 'end')
    const warned = (await mac.run('five', ['send', 'mac/late', 'y'])).envelope.warnings
    expect(warned.find(({ code }) => code === 'SESSION_ENDED')?.text).toBe('mac/late has ended; any session of mac has it now.')
  })
})

describe('proposals that cross', () => {
  it('are told to who proposes second at once, to the other once, with the same lead', async () => {
    const first = await run('six', 'propose', 'mac/two', 'I take the login', '--scope', 'src/auth/**')
    mac.advance(30_000)
    const second = await mac.run('seven', ['propose', 'mac/two', 'let me do the login', '--scope', 'src/auth/login.ts', '@x'])
    const overlap = second.envelope.warnings.find(({ code }) => code === 'PROPOSAL_OVERLAP')
    expect(overlap).toMatchObject({ details: { proposal: first.id, mine: second.envelope.data.id, lead: first.id, by: 'mac/six', witness: 'src/auth/login.ts' } })
    expect(overlap?.text).toContain(`mac/six proposed ${String(first.id)}, 30 s before your`)
    expect(codes(await mac.run('seven', ['pending']))).not.toContain('PROPOSAL_CROSSING')
    const told = await mac.run('six', ['pending'])
    expect(told.envelope.warnings.find(({ code }) => code === 'PROPOSAL_CROSSING')).toMatchObject({ details: { lead: first.id, proposal: second.envelope.data.id } })
    expect(codes(await mac.run('six', ['pending']))).not.toContain('PROPOSAL_CROSSING')
  })

  it('do not cross where they are one session, another scope, taken back, rejected, or made long after', async () => {
    const mine = await run('six', 'propose', 'mac/two', 'again', '--scope', '@alone')
    expect(codes(await mac.run('six', ['propose', 'mac/two', 'again', '--scope', '@alone']))).not.toContain('PROPOSAL_OVERLAP')
    expect(codes(await mac.run('seven', ['propose', 'mac/two', 'other', '--scope', '@alone2']))).not.toContain('PROPOSAL_OVERLAP')
    const back = await run('six', 'propose', 'mac/two', 'x', '--scope', '@back')
    await run('six', 'withdraw', String(back.id))
    const no = await run('six', 'propose', 'mac/two', 'x', '--scope', '@no')
    await run('two', 'reject', String(no.id))
    for (const scope of ['@back', '@no']) expect(codes(await mac.run('seven', ['propose', 'mac/two', 'x', '--scope', scope]))).not.toContain('PROPOSAL_OVERLAP')
    mac.advance(11 * MINUTES)
    // who proposes now is still told of it; who proposed then is left alone
    expect(codes(await mac.run('seven', ['propose', 'mac/two', 'late', '--scope', '@alone']))).toContain('PROPOSAL_OVERLAP')
    expect((await mac.run('six', ['pending'])).envelope.warnings.filter(({ code, details }) => code === 'PROPOSAL_CROSSING' && details.mine === mine.id)).toEqual([])
  })
})
