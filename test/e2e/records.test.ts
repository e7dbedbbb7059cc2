import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AckData } from '../../src/control/operations/acks.js'
import type { InboxData } from '../../src/control/operations/inbox.js'
import type { IntentData } from '../../src/control/operations/intents.js'
import type { PendingData } from '../../src/control/operations/pending.js'
import type { ShowData } from '../../src/control/operations/show.js'
import type { SaidData } from '../../src/control/talk/speech.js'
import { eventually } from '../support/cli.js'
import { makePair, type Answer, type Pair } from '../support/pair.js'

let pair: Pair

beforeAll(async () => {
  pair = await makePair()
  // both are known to each other as sessions
  await Promise.all([pair.ask('mac', 'claude', 'decide', 'we begin'), pair.ask('box', 'codex', 'decide', 'we begin')])
  await eventually(() => pair.ask('mac', 'claude', 'log', '--kind', 'decision'), ({ stdout }) => stdout.includes('box/codex'))
}, 60_000)

afterAll(() => pair.remove())

const data = <Data>({ envelope }: Answer): Data => {
  if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`)
  return envelope.data as Data
}

const said = async (host: string, session: string, ...args: string[]): Promise<SaidData> => data(await pair.ask(host, session, ...args))
const shown = async (host: string, session: string, id: string): Promise<ShowData> => data(await pair.ask(host, session, 'show', id))
const pendingOf = async (host: string, session: string): Promise<PendingData> => data(await pair.ask(host, session, 'pending'))

/** The inbox as this session sees it, once it holds this record. */
const inboxWith = async (host: string, session: string, record: string, ...args: string[]): Promise<InboxData> =>
  data(await eventually(() => pair.ask(host, session, 'inbox', ...args), answer => JSON.stringify(answer.envelope.data).includes(record)))

const refusal = async (host: string, session: string, ...args: string[]) => {
  const { code, envelope } = await pair.ask(host, session, ...args)
  expect(envelope.ok, JSON.stringify(envelope.data)).toBe(false)
  return { exit: code, ...envelope.error, next: envelope.next }
}

describe('acks and delivery (rows 54, 55)', () => {
  it('goes from written to its disk, to its session, to acked; reading never acks', async () => {
    const { id, record, recipients, to, ack } = await said('mac', 'claude', 'send', 'box', 'freeze until four', '--ack', '--deadline', '2h')
    expect({ to, ack, state: recipients.map(each => [each.host, each.state, each.linked]) }).toEqual({ to: 'box', ack: true, state: [['box', 'written', true]] })
    const atPeer = await eventually(() => pendingOf('mac', 'claude'), ({ owed }) => owed[0]?.delivery.state === 'at-peer')
    expect(atPeer).toMatchObject({ owe: [], out: [{ host: 'box', count: 1 }], in: [] })

    const peeked = await inboxWith('box', 'codex', record, '--peek')
    const first = await inboxWith('box', 'codex', record)
    expect(first.items.find(item => item.record === record)).toMatchObject({ unread: true, answer: 'wanted', text: 'freeze until four' })
    expect(peeked.unread).toBe(first.unread)
    const again = await inboxWith('box', 'codex', record)
    expect(again.items.find(item => item.record === record)).toMatchObject({ id, unread: false, answer: 'wanted' })
    await eventually(() => pendingOf('mac', 'claude'), ({ owed }) => owed[0]?.delivery.state === 'surfaced')
    expect((await pendingOf('box', 'codex')).owe.map(each => each.record)).toEqual([record])

    const acked: AckData = data(await pair.ask('box', 'codex', 'ack', id, 'ok'))
    expect(acked).toMatchObject({ kind: 'ack', already: false, answers: { record } })
    expect(data<AckData>(await pair.ask('box', 'codex', 'ack', id))).toMatchObject({ record: acked.record, already: true })
    await eventually(() => pendingOf('mac', 'claude'), ({ owed }) => owed.length === 0)
    expect((await shown('mac', 'claude', id)).recipients).toMatchObject([{ host: 'box', state: 'acked', by: acked.id, by_session: 'codex', implicit: false }])
    expect((await pendingOf('box', 'codex')).owe).toEqual([])

    expect(await refusal('mac', 'claude', 'ack', acked.id)).toMatchObject({ exit: 2, code: 'ACK_OF_ACK' })
    expect((await pair.ask('box', 'codex', 'log', '--kind', 'receipt')).stdout.match(/"kind":"receipt"/g)).toHaveLength(1)
  })

  it('is refused with a reason, which its author is shown', async () => {
    const { id, record } = await said('mac', 'claude', 'send', 'box/cod', 'push now', '--ack')
    await inboxWith('box', 'codex', record)
    expect(await refusal('box', 'codex', 'nack', id)).toMatchObject({ exit: 2, code: 'FIELD_MISSING', field: 'reason' })
    expect(await refusal('mac', 'claude', 'ack', id)).toMatchObject({ exit: 1, code: 'NOT_ADDRESSED' })
    data(await pair.ask('box', 'codex', 'nack', id, '--why', 'the tests are red'))
    await eventually(() => pendingOf('mac', 'claude'), ({ owed }) => owed.length === 0)
    expect((await shown('mac', 'claude', id)).recipients).toMatchObject([{ state: 'refused', reason: 'the tests are red', session: 'codex' }])
    const { items } = await inboxWith('mac', 'claude', 'the tests are red')
    expect(items).toMatchObject([{ kind: 'nack', unread: true, answer: null, re: [id] }])
  })

  it('any session of the asked host may ack, and each is shown it for itself', async () => {
    const { id, record } = await said('mac', 'claude', 'send', 'box', 'anyone', '--ack')
    await inboxWith('box', 'codex', record)
    const other = await inboxWith('box', 'pi', record)
    expect(other.items.find(item => item.record === record)?.unread).toBe(true)
    data(await pair.ask('box', 'pi', 'ack', id))
    const left = await eventually(() => pair.ask('mac', 'claude', 'pending'), answer => data<PendingData>(answer).owed.length === 0)
    expect(left.code).toBe(0)
    expect(data<InboxData>(await pair.ask('box', 'codex', 'inbox')).items.some(item => item.record === record)).toBe(false)
  })

  it('counts a reply as the ack where that was allowed, and an explicit refusal wins', async () => {
    const asked = await said('mac', 'claude', 'ask', 'box/codex', 'may I rename it?')
    expect(asked).toMatchObject({ kind: 'question', ack: true })
    await inboxWith('box', 'codex', asked.record)
    const answer = await said('box', 'codex', 'answer', asked.id, 'yes, after lunch')
    expect(answer.to).toBe('mac/claude')
    await inboxWith('mac', 'claude', answer.record)
    expect((await shown('mac', 'claude', asked.id)).recipients).toMatchObject([{ state: 'acked', implicit: true, by: answer.id }])
    const nack = data<AckData>(await pair.ask('box', 'codex', 'nack', asked.id, '--reason', 'no, wait'))
    await inboxWith('mac', 'claude', nack.record)
    expect((await shown('mac', 'claude', asked.id)).recipients).toMatchObject([{ state: 'refused', implicit: false }])
  })

  it('proposes, accepts, rejects; a proposal without a scope is refused naming it', async () => {
    expect(await refusal('mac', 'claude', 'propose', 'box', 'split it')).toMatchObject({ exit: 2, code: 'FIELD_MISSING', field: 'scope' })
    const one = await said('mac', 'claude', 'propose', 'box', 'you take the parser', '--scope', 'src/parse', '@lock', '--ack')
    expect(one).toMatchObject({ kind: 'proposal', repository: 'example.com/team/app', scope: ['src/parse', '@lock'] })
    const two = await said('mac', 'claude', 'propose', 'box', 'and the tests', '--scope', 'test/**')
    await inboxWith('box', 'codex', two.record)
    expect(await refusal('mac', 'claude', 'accept', one.id)).toMatchObject({ exit: 1, code: 'NOT_ADDRESSED' })
    const accepted = await said('box', 'codex', 'accept', one.id)
    const rejected = await said('box', 'codex', 'reject', two.id, '--why', 'no time')
    expect(accepted.to).toBe('mac/claude')
    const { items } = await inboxWith('mac', 'claude', rejected.record)
    expect(items.map(({ kind, text }) => [kind, text])).toEqual(expect.arrayContaining([['accept', null], ['reject', 'no time']]))
    expect((await pendingOf('mac', 'claude')).owed).toEqual([])
    expect(await refusal('box', 'codex', 'accept', accepted.id)).toMatchObject({ exit: 2, field: 're' })
  })

  it('is owed no more once its author has taken it back; nobody else can', async () => {
    const { id, record } = await said('mac', 'claude', 'ask', 'box', 'what is it called?')
    await inboxWith('box', 'codex', record)
    expect(await refusal('box', 'codex', 'withdraw', id)).toMatchObject({ exit: 1, code: 'NOT_HOLDER' })
    data(await pair.ask('mac', 'claude', 'withdraw', id, '--reason', 'found it'))
    expect((await pendingOf('mac', 'claude')).owed).toEqual([])
    await eventually(() => pendingOf('box', 'codex'), ({ owe }) => owe.length === 0)
  })
})

describe('whom it is for', () => {
  it('refuses whoever is unknown at once, says who was meant, and queues nothing', async () => {
    const before = data<{ count: number }>(await pair.ask('mac', 'claude', 'log', '--all')).count
    expect(await refusal('mac', 'claude', 'send', 'bxo', 'x')).toMatchObject({ exit: 3, code: 'NO_SUCH_HOST', field: 'to', details: { hosts: ['mac', 'box'] } })
    expect(await refusal('mac', 'claude', 'send', 'boxx', 'x')).toMatchObject({ exit: 3, code: 'NO_SUCH_HOST', next: ['skein send box …'] })
    expect(await refusal('mac', 'claude', 'ask', 'codex', 'x')).toMatchObject({ exit: 3, code: 'NO_SUCH_HOST', next: ['skein ask box/codex …'] })
    expect(await refusal('mac', 'claude', 'send', 'box/codec', 'x')).toMatchObject({ exit: 3, code: 'NO_SUCH_SESSION', next: ['skein send box/codex …'] })
    expect(await refusal('mac', 'claude', 'send', 'role:worke', 'x')).toMatchObject({ exit: 3, code: 'NO_SUCH_ROLE', next: ['skein send role:worker …'] })
    expect(await refusal('mac', 'claude', 'conversation', 'bx')).toMatchObject({ exit: 3, code: 'NO_SUCH_HOST', next: ['skein conversation box …'] })
    expect(data<{ count: number }>(await pair.ask('mac', 'claude', 'log', '--all')).count).toBe(before)
  })

  it('takes a unique beginning of a session, and names the candidates of another', async () => {
    await Promise.all([pair.ask('mac', 'gemini-1', 'whoami'), pair.ask('mac', 'gemini-2', 'whoami')])
    expect(await refusal('mac', 'claude', 'send', 'mac/gemini', 'x')).toMatchObject({ exit: 2, code: 'ADDRESSEE_AMBIGUOUS', details: { candidates: ['mac/gemini-1', 'mac/gemini-2'] } })
    expect((await said('mac', 'claude', 'send', 'box/cod', 'x')).to).toBe('box/codex')
    expect(await refusal('mac', 'claude', 'send', 'mac/claude', 'x')).toMatchObject({ exit: 2, field: 'to' })
  })

  it('reaches another session of the own host, a role, and all', async () => {
    const { record } = await said('mac', 'claude', 'send', 'mac/gemini-1', 'beside you')
    expect((await inboxWith('mac', 'gemini-1', record)).items.at(-1)).toMatchObject({ to: 'mac/gemini-1', unread: true })
    expect((await inboxWith('mac', 'claude', 'items')).items.map(each => each.record)).not.toContain(record)
    const role = await said('mac', 'claude', 'send', 'role:worker', 'workers')
    expect([role.to, role.recipients.map(({ host }) => host)]).toEqual(['role:worker', ['box']])
    const all = await said('mac', 'claude', 'send', 'all', 'everybody')
    expect(all.recipients.map(({ host }) => host)).toEqual(['mac', 'box'])
    await inboxWith('box', 'codex', all.record)
    await inboxWith('mac', 'gemini-2', all.record)
  })
})

describe('kinds (rows 27, 28, 31)', () => {
  it('has a verb for each reserved kind', async () => {
    const question = await said('box', 'codex', 'ask', 'mac', 'which?')
    await inboxWith('mac', 'claude', question.record)
    const blocked = await said('mac', 'claude', 'block', 'waits for the schema', '--to', 'box')
    const made = await Promise.all([
      said('mac', 'claude', 'propose', 'box', 'x', '--scope', '@x'),
      said('mac', 'claude', 'send', 'box', 'x'),
      said('mac', 'claude', 'send', 'box', 'x', '--kind', 'status'),
      said('mac', 'claude', 'send', 'box', 'x', '--kind', 'note'),
      said('mac', 'claude', 'send', 'box', 'x', '--kind', 'task', '--field', 'priority=3'),
      said('mac', 'claude', 'send', 'box', 'x', '--kind', 'result', '--field', 'outcome=claimed-done'),
      said('mac', 'claude', 'intent', 'x'),
      said('mac', 'claude', 'decide', 'x', '--reason', 'y'),
      said('mac', 'claude', 'unblock', blocked.id, 'landed'),
      said('mac', 'claude', 'answer', question.id, 'that')
    ])
    expect(made.map(({ kind }) => kind)).toEqual(['proposal', 'message', 'status', 'note', 'task', 'result', 'intent', 'decision', 'unblock', 'answer'])
    expect(made.every(({ id }) => /^[a-z]{1,2}-[0-9a-hjkmnp-tv-z]{8,}$/.test(id))).toBe(true)
  })

  it('takes a mistyped kind for an error, and says which has a command or is no record', async () => {
    expect(await refusal('mac', 'claude', 'send', 'box', 'x', '--kind', 'clam')).toMatchObject({ exit: 2, code: 'KIND_UNKNOWN', details: { meant: 'claim' }, next: ['skein claim SCOPE…'] })
    expect(await refusal('mac', 'claude', 'send', 'box', 'x', '--kind', 'staus')).toMatchObject({ exit: 2, code: 'KIND_UNKNOWN', next: ['skein send TO TEXT --kind status'] })
    expect(await refusal('mac', 'claude', 'send', 'box', 'x', '--kind', 'claim')).toMatchObject({ exit: 2, code: 'FIELD_INVALID', next: ['skein claim SCOPE…'] })
    expect(await refusal('mac', 'claude', 'send', 'box', 'x', '--kind', 'role')).toMatchObject({ exit: 2, field: 'kind' })
    expect(await refusal('mac', 'claude', 'send', 'box', 'x', '--kind', 'result', '--field', 'outcome=done')).toMatchObject({ exit: 2, code: 'FIELD_MISSING', field: 'evidence' })
    expect(await refusal('mac', 'claude', 'log', '--kind', 'mesage')).toMatchObject({ exit: 2, code: 'KIND_UNKNOWN', next: ['skein log --kind message'] })
  })

  it('bounds a text, also from standard input', async () => {
    const piped = await pair.run('mac', 'claude', ['send', 'box', '-', '--json'], 'two\nlines\n')
    expect(JSON.parse(piped.stdout).data.text).toBe('two\nlines')
    const long = await pair.run('mac', 'claude', ['send', 'box', '-', '--json'], 'x'.repeat(200_000))
    expect([long.code, JSON.parse(long.stdout).error]).toMatchObject([2, { code: 'TOO_LARGE', field: 'text' }])
    expect(await refusal('mac', 'claude', 'intent', 'x'.repeat(2_001))).toMatchObject({ exit: 2, code: 'FIELD_INVALID', field: 'text' })
    expect(await refusal('mac', 'claude', 'send', 'box', 'x', '--deadline', 'soon')).toMatchObject({ exit: 2, field: 'deadline' })
  })
})

describe('told while sending (rows 36, 49)', () => {
  it('warns of live claims that a scope overlaps, by name, age and scope', async () => {
    const claimed = await pair.ask('box', 'codex', 'claim', 'src/auth/**', '--reason', 'rewrite the login')
    expect(claimed.code).toBe(0)
    await eventually(() => pair.ask('mac', 'claude', 'log', '--kind', 'claim'), ({ stdout }) => stdout.includes('src/auth'))
    for (const args of [['send', 'box', 'x', '--scope', 'src/auth/login.ts'], ['propose', 'box', 'x', '--scope', 'src/auth/login.ts'], ['intent', 'x', '--scope', 'src/auth/login.ts']]) {
      const { envelope, code } = await pair.ask('mac', 'claude', ...args)
      const [warning] = envelope.warnings.filter(each => each.code === 'CLAIM_OVERLAP')
      expect(code).toBe(0)
      expect(warning?.text).toMatch(/box\/codex.*src\/auth\/\*\*.*rewrite the login/s)
      expect(warning?.details).toMatchObject({ same_tree: false })
    }
    const clear = await pair.ask('mac', 'claude', 'send', 'box', 'x', '--scope', 'src/ui/x.ts')
    expect(clear.envelope.warnings.filter(each => each.code === 'CLAIM_OVERLAP')).toEqual([])
  })

  it('keeps equal intents of two sessions as two records, and tells the second of the first', async () => {
    const first: IntentData = data(await pair.ask('mac', 'one', 'intent', 'bump the version'))
    const { envelope } = await pair.ask('mac', 'two', 'intent', 'bump the version')
    const second = envelope.data as IntentData
    expect(second.record).not.toBe(first.record)
    expect(second.recorded).toBe(true)
    expect(second.concurrent[0]?.record).toBe(first.record)
    expect(second.warning).toContain('mac/one 0 min ago: "bump the version"')
    expect(envelope.warnings.filter(({ code }) => code === 'INTENT_CONCURRENT')).toHaveLength(1)
    const own: IntentData = data(await pair.ask('mac', 'two', 'intent', 'once more'))
    expect(own.concurrent.map(each => each.record)).not.toContain(second.record)
  })
})
