import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const MINUTE = 60_000
const folder = temporaryFolder()
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const rows = (list: unknown): Record<string, unknown>[] => (Array.isArray(list) ? list : [])
const asked = async (path: string, session = 'onlooker') => rows((await mac.run(session, ['who', path])).envelope.data.paths)[0] ?? {}
const text = async (path: string) => (await mac.run('onlooker', ['who', path], { json: false })).text

describe('who had a path last', () => {
  it('free, mine, another’s, stale: exit 0, 0, 1, 1 and four texts; a free one names who had it, until when and why', async () => {
    expect(await asked('a/x.ts')).toMatchObject({ state: 'free', last: null, intents: [], intent_count: 0 })
    await mac.run('one', ['claim', 'a/**', '--reason', 'first'])
    await mac.run('one', ['release', '--all'])
    expect(await asked('a/x.ts')).toMatchObject({ state: 'free', last: { holder: 'mac/one', item: 'a/**', exact: false, reason: 'first', state: 'released', ended: expect.any(String) } })
    expect(await asked('b/x.ts')).toMatchObject({ last: null })
    await mac.run('two', ['claim', 'a/x.ts', 'a/y.ts'])
    expect(await asked('a/x.ts')).toMatchObject({ state: 'held', holders: [{ holder: 'mac/two' }], last: { holder: 'mac/one' } })
    await mac.run('two', ['release', 'a/x.ts'])
    expect(await asked('a/x.ts', 'two')).toMatchObject({ state: 'free', last: { holder: 'mac/two', exact: true, mine: true } })
    expect(await text('a/x.ts')).toMatch(/^a\/x\.ts {3}free\n {9}last mac\/two, \d\d:\d\dZ until \d\d:\d\dZ \(\d+ s ago\)$/)
    expect(await text('a/z.ts')).toMatch(/\n {9}last mac\/one, \d\d:\d\dZ until \d\d:\d\dZ \(\d+ s ago\), as a\/\*\*: "first"$/)
    const codes = async (session: string, path: string) => (await mac.run(session, ['who', path])).code
    expect([await codes('two', 'a/x.ts'), await codes('two', 'a/y.ts'), await codes('one', 'a/y.ts')]).toEqual([0, 0, 1])
    mac.advance(31 * MINUTE)
    expect([await codes('one', 'a/y.ts'), (await asked('a/y.ts')).state]).toEqual([1, 'stale'])
  })

  it('is told when the claim has left the document, from this host’s disk', async () => {
    await mac.run('gone', ['claim', 'old/x.ts', '--reason', 'long ago'])
    await mac.run('gone', ['release', '--all'])
    mac.advance(60 * MINUTE)
    mac.host.runtime.feed({ type: 'compact' })
    await mac.host.runtime.settled()
    expect([...mac.host.replica.view.ofKind('claim')].some(({ text: record }) => record.includes('long ago'))).toBe(false)
    expect(await asked('old/x.ts')).toMatchObject({ state: 'free', last: { holder: 'mac/gone', reason: 'long ago', ended: null, state: 'released' } })
    expect(await asked('old/y.ts')).toMatchObject({ last: null })
  })
})

describe('what others are about to do there', () => {
  it('is listed, newest first, until it is withdrawn or a day old', async () => {
    for (const what of ['one', 'two', 'three', 'four']) await mac.run('planner', ['intent', `to do ${what}`, '--scope', 'plan/**'])
    const found = await asked('plan/x.ts')
    expect(found).toMatchObject({ state: 'free', intent_count: 4 })
    expect(rows(found.intents).map(intent => [intent.text, intent.holder, intent.mine])).toEqual(['four', 'three', 'two'].map(what => [`to do ${what}`, 'mac/planner', false]))
    expect(await text('plan/x.ts')).toMatch(/^plan\/x\.ts {3}free\n {12}intent of mac\/planner \d+ s ago: "to do four"\n.*\n.*\n {12}and 1 more: skein intents$/)
    await mac.run('planner', ['withdraw', String(rows(found.intents)[0]?.id)])
    expect(await asked('plan/x.ts')).toMatchObject({ intent_count: 3 })
    expect(await asked('elsewhere.ts')).toMatchObject({ intent_count: 0 })
    mac.advance(25 * 60 * MINUTE)
    expect(await asked('plan/x.ts')).toMatchObject({ intent_count: 0 })
  })
})
