import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionsData } from '../../src/control/operations/sessions.js'
import type { ShowData } from '../../src/control/operations/show.js'
import { checkSendable } from '../../src/core/coordination/records/draft.js'
import { KIND_NAMES, type Kind } from '../../src/core/coordination/records/kinds.js'
import { eventually } from '../support/cli.js'
import { makePair, type Pair } from '../support/pair.js'

interface Line {
  readonly host: 'mac' | 'box'
  readonly session: string
  readonly words: readonly string[]
  /** How the record reads for people, after its author. */
  readonly prose: RegExp
}

const mac = (prose: RegExp, ...words: string[]): Line => ({ host: 'mac', session: 'one', words, prose })
const box = (prose: RegExp, ...words: string[]): Line => ({ host: 'box', session: 'two', words, prose })

/**
 * What is typed to make a record of each kind; `{kind}` is the id of the one that was made before. In the order of playing. A kind that is
 * new has to be added here: the compiler asks for it. Null: no command makes one (yet).
 */
const LINES: Readonly<Record<Kind, Line | null>> = {
  repo: mac(/^coordinates example\.com\/team\/app$/, 'repo', 'add'),
  profile: mac(/^can be reached at wss:\/\//, 'peers'),
  decision: mac(/^decides: "we use tabs" because "it is shorter"$/, 'decide', 'we use tabs', '--reason', 'it is shorter'),
  label: mac(/^labels itself frontend$/, 'send', '--kind', 'label', '--field', 'labels=["frontend"]'),
  responder: mac(/^is rate limited: "too many requests"$/, 'send', '--kind', 'responder', 'too many requests', '--field', 'state=rate_limited'),
  status: mac(/^says of itself: "tests are green"$/, 'send', '--kind', 'status', 'tests are green'),
  note: mac(/^notes to box: "the cache is per process"$/, 'send', 'box', 'the cache is per process', '--kind', 'note'),
  task: mac(/^plans to box: "split the form"$/, 'send', 'box', 'split the form', '--kind', 'task', '--field', 'priority=2'),
  directive: mac(/^relays a directive, claimed by the agent, signed by no operator to all \(\d\): "freeze the form"$/, 'send', 'all', 'freeze the form', '--kind', 'directive'),
  intent: mac(/^intends: "move the tests"$/, 'intent', 'move the tests'),
  message: mac(/^says to box on src\/auth\/\*\*: "hello"$/, 'send', 'box', 'hello', '--ack', '--scope', 'src/auth/**'),
  question: mac(/^asks box: "which port\?"$/, 'ask', 'box', 'which port?'),
  proposal: mac(/^proposes to box on @parser: "you take it"$/, 'propose', 'box', 'you take it', '--scope', '@parser', '--ack'),
  block: mac(/^is blocked: "no key"$/, 'block', 'no key'),
  unblock: mac(/^unblocks b-\w+: "it is there"$/, 'unblock', '{block}', 'it is there'),
  withdraw: mac(/^withdraws d-\w+$/, 'withdraw', '{decision}'),
  ack: box(/^acks m-\w+: "will do"$/, 'ack', '{message}', 'will do'),
  answer: box(/^answers q-\w+: "4747"$/, 'answer', '{question}', '4747'),
  nack: box(/^refuses q-\w+: "ask paul"$/, 'nack', '{question}', '--reason', 'ask paul'),
  accept: box(/^accepts p-\w+: "fine"$/, 'accept', '{proposal}', 'fine'),
  reject: box(/^rejects p-\w+: "no time"$/, 'reject', '{proposal}', '--reason', 'no time'),
  result: box(/^reports claimed-done on j-\w+: "all green"$/, 'send', 'mac', 'all green', '--kind', 'result', '--re', '{task}', '--field', 'outcome=claimed-done'),
  receipt: box(/^was shown \d+ records?$/, 'inbox'),
  claim: mac(/^claims src\/ui until .*: "tidy up"$/, 'claim', 'src/ui', '--reason', 'tidy up'),
  wait: box(/^waits for src\/ui$|^waits for src\/ui until /, 'wait', 'src/ui', '--park'),
  renew: mac(/^renews its claims until /, 'renew', '--for', '1h'),
  release: mac(/^releases c-\w+$/, 'release', '--all'),
  handoff: mac(/^has ended and leaves i-\w+ open; what failed last: "exit 1"$/, 'sessions', 'end', '--failure', 'exit 1'),
  reclaim: null,
  resolve: null,
  offer: null,
  take: null,
  tempo: null
}

const DOCS = fileURLToPath(new URL('../../docs/schema', import.meta.url))
const ajv = new Ajv({ strict: false, allErrors: true })
const schemaOf = (name: string): { definitions?: { line?: object } } => JSON.parse(readFileSync(`${DOCS}/${name}.json`, 'utf8'))
const checkPublished = (schema: object, value: unknown, what: string): void => {
  const validate = ajv.compile(schema)
  expect(validate(value) ? [] : validate.errors, `${what}: ${JSON.stringify(value)}`).toEqual([])
}

let pair: Pair
const made = new Map<string, string>()

beforeAll(async () => {
  pair = await makePair()
}, 60_000)
afterAll(() => pair.remove())

const playable = Object.entries(LINES).flatMap(([kind, line]) => (line === null ? [] : [{ kind, line }]))

describe('every kind: typed on one host, told on the other (row 27)', () => {
  it('has its line', () => expect(Object.keys(LINES).sort()).toEqual([...KIND_NAMES].sort()))

  it.each(playable)('$kind', async ({ kind, line: { host, session, words, prose } }) => {
    const other = host === 'mac' ? 'box' : 'mac'
    const typed = words.map(word => word.replace(/^\{(.+)\}$/, (_, named: string) => made.get(named) ?? `no ${named}`))
    // what it answers has to have come
    for (const id of typed.filter((word, index) => word !== words[index])) await eventually(() => pair.ask(host, session, 'show', id), ({ code }) => code === 0)
    const answer = await pair.ask(host, session, ...typed)
    expect(answer.code, answer.stdout).toBe(0)
    checkPublished(schemaOf(words[0] === 'sessions' || words[0] === 'repo' ? `${words[0]}-${words[1] ?? ''}` : (words[0] ?? '')), answer.envelope, words.join(' '))

    const listed = await eventually(() => pair.ask(other, 'reader', 'log', '--kind', kind), ({ stdout }) => stdout.split('\n').some(each => each.includes(`"kind":"${kind}"`)))
    const lines = listed.stdout.split('\n').slice(0, -1)
    for (const each of lines) checkPublished(schemaOf('log').definitions?.line ?? { not: {} }, JSON.parse(each), `log --kind ${kind}`)
    const told: { id: string; record: string; prose: string; host: string; session: string } = JSON.parse(lines.find(each => kind === 'profile' || kind === 'repo' || each.includes(`"session":"${session}"`)) ?? '{}')
    expect(told.prose).toMatch(/^(?:mac|box)\/\S+ /)
    expect(told.prose.replace(/^\S+ /, '')).toMatch(prose)
    const [there, here] = await Promise.all([other, host].map(async each => (await pair.ask(each, 'reader', 'show', told.id)).envelope.data as ShowData))
    expect(there?.raw).toBe(here?.raw)
    checkPublished(schemaOf('show'), (await pair.ask(other, 'reader', 'show', told.id)).envelope, `show ${told.id}`)
    made.set(kind, told.id)
  })

  it.each(Object.entries(LINES).flatMap(([kind, line]) => (line === null ? [kind] : [])))('%s is refused where it is sent, with what makes one', kind => {
    expect(checkSendable(kind)).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'kind' } })
  })
})

describe('what a session says of itself (row 104)', () => {
  it('is seen on the other host, in a list and by who sends to it; one that ended is named with who has it now', async () => {
    await pair.ask('mac', 'three', 'send', '--kind', 'responder', 'too many requests', '--field', 'state=rate_limited')
    const listed = await eventually(() => pair.ask('box', 'two', 'sessions'), ({ stdout }) => stdout.includes('rate_limited'))
    const { sessions } = listed.envelope.data as SessionsData
    expect(sessions.find(({ session }) => session === 'three')).toMatchObject({ host: 'mac', responder: { state: 'rate_limited', reason: 'too many requests' }, ended: null })
    const codes = async (to: string) => (await pair.ask('box', 'two', 'send', to, 'hello?')).envelope.warnings.map(({ code }) => code)
    expect(await codes('mac/three')).toContain('RESPONDER')
    expect(await codes('mac/one')).toContain('SESSION_ENDED')
  })
})
