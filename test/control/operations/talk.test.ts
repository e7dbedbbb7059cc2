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
