import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecapData } from '../../../src/control/operations/recap.js'
import { dispatch } from '../../../src/control/dispatch.js'
import type { SessionName } from '../../../src/core/brand.js'
import type { Draft } from '../../../src/core/replica/input.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { evidenceOf } from '../../support/pair.js'
import { seeded } from '../../support/seeded.js'
import { TOKENIZERS } from '../../support/tokenizers.js'

const REPO = 'git.example/team/app'
const HOUR = 60 * 60_000

const folder = temporaryFolder()
afterAll(() => folder.remove())

const recapOf = async (desk: Desk, session: string, budget: number, cwd = folder.path): Promise<RecapData> => {
  const { envelope } = await dispatch(desk.host, { op: 'recap', args: { budget }, caller: evidenceOf(session), cwd })
  if (!envelope.ok) throw new Error(envelope.error.message)
  return envelope.data as RecapData
}

/** @returns the ids of what was written */
const write = async (desk: Desk, session: string, drafts: readonly Draft[]): Promise<string[]> => {
  const ids: string[] = []
  for (let at = 0; at < drafts.length; at += 200) {
    const written = await desk.host.write(session as SessionName, drafts.slice(at, at + 200))
    if (!written.ok) throw new Error(written.failure.message)
    ids.push(...written.value.map(({ id }) => id))
  }
  return ids
}

const times = <Value>(count: number, make: (index: number) => Value): Value[] => Array.from({ length: count }, (_, index) => make(index))

const claimOf = (desk: Desk, path: string): Draft => ({ kind: 'claim', fields: { repo: REPO, scope: [path], mode: 'exclusive', reason: `work on ${path}`, until: desk.host.meshNow() + HOUR } })

/** How many of each class, of so many open things: a host has no more than 1,024 live claims, and what these leave is owed. */
const shares = (count: number) => {
  const part = Math.ceil(count / 10)
  const mine = Math.min(part, 300)
  const others = Math.min(2 * part, 600)
  return { mine, others, owed: 2 * part, decisions: part, owe: count - mine - others - 3 * part }
}

/** So many open things around `me`: the most of them owed, the rest of every other class. */
const fill = async (desk: Desk, count: number): Promise<void> => {
  const host = desk.host.replica.hostId
  const { mine, others, owed, decisions, owe } = shares(count)
  const messages = Math.floor(owe / 2)
  await write(desk, 'me', times(mine, index => claimOf(desk, `src/mine/f${index}.ts`)))
  await write(desk, 'other', times(owe - messages, index => ({ kind: 'question', fields: { to: { host, session: 'me' }, ack: true, text: `question ${index}: which of the two keys signs this?` } })))
  await write(desk, 'other', times(messages, index => ({ kind: 'message', fields: { to: { host, session: 'me' }, ack: true, text: `message ${index}` } })))
  await write(desk, 'me', times(owed, index => ({ kind: 'question', fields: { to: { host, session: 'other' }, ack: true, text: `asked ${index}` } })))
  await write(desk, 'other', times(decisions, index => ({ kind: 'decision', fields: { repo: REPO, scope: [`src/mine/f${index % mine}.ts`], text: `decided ${index}`, reason: 'it is faster' } })))
  await write(desk, 'other', times(others, index => claimOf(desk, index % 2 === 0 ? `src/near/f${index}.ts` : `docs/f${index}.md`)))
}

describe.each([10, 60, 300, 10_000])('with %i open things', count => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open(`${folder.path}/home-${count}`, folder.path)
    await fill(desk, count)
  }, 60_000)
  afterAll(() => desk.close())

  it.each([700, 2_000])('%i tokens hold what comes first, count the rest, and are the same twice', async budget => {
    const started = performance.now()
    const recap = await recapOf(desk, 'me', budget)
    const ms = Math.round(performance.now() - started)
    expect(recap.tokens).toBeLessThanOrEqual(budget)
    for (const tokens of TOKENIZERS.values()) expect(tokens(recap.text)).toBeLessThanOrEqual(recap.tokens)
    expect((await recapOf(desk, 'me', budget)).text).toBe(recap.text)

    const { mine, others, owed, decisions, owe } = shares(count)
    expect(recap.classes.map(each => [each.class, each.total])).toEqual([['owe', owe], ['mine', mine], ['owed', owed], ['decisions', decisions], ['others', others]])
    for (const { shown, more, total, command } of recap.classes) {
      expect(shown.length + more).toBe(total)
      if (more > 0) expect(recap.text).toContain(`${shown.length} of ${total} here, all with: ${command}`)
      for (const { text } of shown) expect(recap.text).toContain(text.split('\n')[0])
    }
    // row 95: as long as they fit at all, every id is there
    if (count * 30 < budget) expect(recap.classes.map(({ more }) => more)).toEqual([0, 0, 0, 0, 0])
    // what comes first takes the room: nothing of a class is left out while a later one is told whole
    const cut = recap.classes.findIndex(({ more }) => more > 0)
    if (cut >= 0) for (const later of recap.classes.slice(cut + 1)) expect(later.shown.length).toBeLessThan(5)
    console.log(`${count} open things, ${budget} tokens: ${recap.classes.map(each => `${each.class} ${each.shown.length}/${each.total}`).join(', ')}; ${recap.tokens} estimated, ${[...TOKENIZERS.values()].map(tokens => tokens(recap.text)).join(' and ')} counted; ${ms} ms`)
  })
})

describe('the smallest budget', () => {
  it('has room for every count, however long the names are', async () => {
    const session = `claude-${'7'.repeat(57)}`
    const desk = await Desk.open(`${folder.path}/home-long`, folder.path, 'H7'.repeat(32))
    const to = { host: desk.host.replica.hostId, session }
    await write(desk, session, [claimOf(desk, 'src/a.ts'), { kind: 'question', fields: { to: { host: to.host, session: 'other' }, ack: true, text: '\u202e'.repeat(8_000) } }])
    await write(desk, 'other', [claimOf(desk, 'src'), { kind: 'question', fields: { to, ack: true, text: '龘'.repeat(8_000) } }, { kind: 'decision', fields: { repo: REPO, scope: ['src'], text: '9'.repeat(8_000) } }, claimOf(desk, 'docs')])
    const [end] = await write(desk, 'before', [{ kind: 'handoff', fields: { cause: 'died', failure: '7'.repeat(500) } }])
    await write(desk, session, [{ kind: 'take', fields: { re: end } }])
    const { classes, tokens, text } = await recapOf(desk, session, 500)
    expect(classes.map(({ total }) => total)).toEqual([1, 1, 1, 1, 1, 1])
    // what is set aside leaves room for a class more, and for a host that is silent
    expect((text.split('\n')[0] ?? '').length).toBeLessThan(120)
    expect(tokens).toBeLessThanOrEqual(500)
    expect(text).not.toMatch(/[\u202e\u001b]/u)
    await desk.close()
  })
})

describe('what a recap says', () => {
  it('names what crosses my claims and who leads, what is decided there, then claims by nearness to my claims and my folder', async () => {
    const tree = `${folder.path}/app`
    mkdirSync(`${tree}/docs/api`, { recursive: true })
    execFileSync('git', ['init', '-q', tree])
    execFileSync('git', ['-C', tree, 'remote', 'add', 'origin', `https://${REPO}.git`])
    const desk = await Desk.open(`${folder.path}/home-said`, folder.path)
    await write(desk, 'me', [claimOf(desk, 'src/auth')])
    const elsewhere: Draft = { kind: 'claim', fields: { ...claimOf(desk, 'src/auth').fields, repo: 'git.example/team/web' } }
    await write(desk, 'other', [elsewhere, claimOf(desk, 'lib'), claimOf(desk, 'src/pay.ts'), claimOf(desk, 'docs/api/v2.md'), claimOf(desk, 'src/auth/login.ts')])
    await write(desk, 'other', [{ kind: 'decision', fields: { repo: REPO, scope: ['docs'], text: 'elsewhere' } }, { kind: 'decision', fields: { repo: REPO, scope: ['src/auth/keys.ts'], text: 'use argon2', reason: 'it is slow' } }])
    const { text, classes } = await recapOf(desk, 'me', 2_000, `${tree}/docs/api`)
    expect(text.replace(/[a-z]-[0-9a-z]{8}/g, 'ID').replace(/\d\d:\d\dZ/g, 'TIME').split('\n')).toEqual([
      `skein recap for mac/me in ${REPO}`,
      'my claims: 1',
      '  ID src/auth: "work on src/auth"',
      '    crossed by ID: mac/other holds src/auth/login.ts, another tree, mine leads: "work on src/auth/login.ts"',
      'decisions on my scopes: 1',
      '  ID by mac/other, TIME, on src/auth/keys.ts: "use argon2" because "it is slow"',
      "others' claims, the nearest first: 4",
      '  ID mac/other holds docs/api/v2.md since TIME: "work on docs/api/v2.md"',
      '  ID mac/other holds src/pay.ts since TIME: "work on src/pay.ts"',
      '  ID mac/other holds lib since TIME: "work on lib"',
      '  ID mac/other holds src/auth since TIME: "work on src/auth"'
    ])
    expect(classes.map(({ more }) => more)).toEqual([0, 0, 0])
    expect((await desk.run('me', ['recap'], { json: false, cwd: `${tree}/docs/api` })).text).toBe(text)
    expect((await desk.run('me', ['recap', '--budget', 'much'])).code).toBe(2)
    expect((await desk.run('me', ['recap', '--budget', '100'])).code).toBe(2)
    await desk.close()
  })

  it('names what failed, what is uncommitted and what was planned by the session that ended before this one in its checkout', async () => {
    const desk = await Desk.open(`${folder.path}/home-left`, folder.path)
    const [plan] = await write(desk, 'died', [{ kind: 'intent', fields: { text: 'rename LoginForm' } }])
    const [end] = await write(desk, 'died', [{ kind: 'handoff', fields: { cause: 'died', repo: REPO, scope: ['src/login.ts', 'src/\u202ex.ts'], failure: 'Error: expected 2\n\u001b[31mgot 3', intent: plan } }])
    await write(desk, 'me', [{ kind: 'take', fields: { re: end } }])
    const { text } = await recapOf(desk, 'me', 2_000)
    expect(text.replace(/\bho-[0-9a-z]{8}/g, 'ID').replace(/\d\d:\d\dZ/g, 'TIME').split('\n')).toEqual([
      'skein recap for mac/me',
      'left to me: 1',
      String.raw`  ID of mac/died, died TIME: failed with "Error: expected 2\n\x1b[31mgot 3"; uncommitted src/login.ts src/\u{202e}x.ts; was about to "rename LoginForm"`
    ])
    expect((await recapOf(desk, 'other', 2_000)).text).toContain('nothing is open')
    await desk.close()
  })

  it('says so where nothing is open', async () => {
    const desk = await Desk.open(`${folder.path}/home-empty`, folder.path)
    expect((await recapOf(desk, 'me', 2_000)).text).toBe('skein recap for mac/me\nnothing is open')
    await desk.close()
  })
})

const WORDS = ['rewrite the login flow before the release', 'src/core/coordination/records/families/agreement.ts', '3fa9c0d1e2b47756aa0f9b1c', 'VkVSWSBMT05HIEJBU0U2NA==', '重写登录流程并更新测试', '龘靐齉爩鱻麤龗灪', 'إعادة كتابة تدفق', 'लॉगिन प्रवाह को', 'เขียนกระบวนการเข้าสู่ระบบ', '😀🚀🧑‍💻✅🔥', '𓀀𓁐𓂀', '\u001b[31m\u202e\u200b', 'XQZJ VKWP', 'qzxvkjw bcdfgh', '{}[]()<>!@#$%^&*', 'const x = await fetch(`/api/${id}`)', 'Donaudampfschifffahrtsgesellschaft', 'п', 'переписать вход', '\n\n```\n\n']

describe('a thousand generated recaps', () => {
  const SESSIONS = 100
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open(`${folder.path}/home-many`, folder.path)
    const random = seeded(20_261_120)
    const upTo = (below: number): number => Math.floor(random() * below)
    const words = (): string => times(1 + upTo(12), () => WORDS[upTo(WORDS.length)] ?? '').join(' ').slice(0, 270)
    const host = desk.host.replica.hostId
    const path = (): string => `${['src', 'app', '文書', 'тест'][upTo(4)] ?? ''}/${['a', 'Überprüfung', 'x-9f3a', '日本'][upTo(4)] ?? ''}/f${upTo(1_000)}.ts`
    for (let index = 0; index < SESSIONS; index++) {
      const to = { host, session: `claude-${upTo(SESSIONS)}` }
      await write(desk, `claude-${index}`, [
        ...times(upTo(6), () => claimOf(desk, path())),
        ...times(upTo(8), (): Draft => ({ kind: 'question', fields: { to, ack: true, text: words() } })),
        ...times(upTo(3), (): Draft => ({ kind: 'decision', fields: { repo: REPO, scope: [path(), 'src/**'], text: words(), reason: words() } }))
      ])
    }
  }, 60_000)
  afterAll(() => desk.close())

  it('are estimated below no tokenizer, and none is over its budget', async () => {
    const ratios = new Map(Array.from(TOKENIZERS.keys(), name => [name, { least: Number.POSITIVE_INFINITY, sum: 0 }]))
    for (let index = 0; index < 1_000; index++) {
      const budget = 500 + ((index * 7) % 500)
      const { text, tokens } = await recapOf(desk, `claude-${index % SESSIONS}`, budget)
      expect(tokens).toBeLessThanOrEqual(budget)
      for (const [name, count] of TOKENIZERS) {
        const ratio = tokens / count(text)
        const seen = ratios.get(name)
        if (seen !== undefined) ratios.set(name, { least: Math.min(seen.least, ratio), sum: seen.sum + ratio })
        expect(ratio, text).toBeGreaterThanOrEqual(1)
      }
    }
    for (const [name, { least, sum }] of ratios) console.log(`estimate ÷ ${name}: ${least.toFixed(2)} at least, ${(sum / 1_000).toFixed(2)} on average`)
  }, 60_000)
})
