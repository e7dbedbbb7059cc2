import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseScope } from '../../../src/core/coordination/scope/index.js'
import { findCheckout } from '../../../src/host/repository/checkout.js'
import { pathKey } from '../../../src/host/repository/path-key.js'
import { recordCase } from '../../support/cases.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const folder = temporaryFolder()
const app = makeRepository(join(folder.path, 'app'))
const other = makeRepository(join(folder.path, 'other'), 'git@github.com:team/other.git')
let desk: Desk
let held = ''

beforeAll(async () => {
  makeRepository(join(app, 'vendor/inner'), null)
  symlinkSync(folder.path, join(app, 'out'))
  mkdirSync(join(app, 'many'))
  for (let index = 0; index < 25; index++) writeFileSync(join(app, 'many', `file-${index}`), '')
  desk = await Desk.open(join(folder.path, 'mac'), app)
  held = String((await desk.run('codex', ['claim', 'src/pay'])).envelope.data['id'])
})
afterAll(async () => {
  await desk.close()
  folder.remove()
})

const LONG = 'n'.repeat(300)
const MANY = Array.from({ length: 25 }, (_, index) => `many/file-${index}`)

describe('what cannot be claimed', () => {
  it.each<[title: string, words: () => readonly string[], exit: number, code: string, says: RegExp]>([
    ['a class that is never closed', () => ['claim', 'src/[ab'], 2, 'PATTERN_INVALID', /src\/\[ab: .*character 5: the class that begins here is never closed/],
    ['a brace that is never closed', () => ['claim', 'x', 'src/{a,b'], 2, 'PATTERN_INVALID', /character 5: the brace/],
    ['a range in braces', () => ['claim', 'src/{1..3}'], 2, 'PATTERN_INVALID', /character 5: ranges in braces/],
    ['more than 16 wildcards', () => ['claim', 'src/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a'], 2, 'PATTERN_INVALID', /character \d+: more than 16 wildcards/],
    ['.. after a wildcard', () => ['claim', '*/../src'], 2, 'PATTERN_INVALID', /"\.\." after a wildcard/],
    ["another of git's forms", () => ['claim', ':(glob)src'], 2, 'PATTERN_INVALID', /only ":\/" is known/],
    ['an absolute path outside', () => ['claim', '/etc/passwd'], 3, 'PATH_OUTSIDE', /\/etc\/passwd.*outside the repository/],
    ['.. beyond the root', () => ['claim', '../x'], 3, 'PATH_OUTSIDE', /outside the repository/],
    ['.. beyond the file system', () => ['who', '../'.repeat(60)], 3, 'PATH_OUTSIDE', /outside the repository/],
    ['a path in another repository', () => ['claim', join(other, 'src')], 3, 'PATH_OUTSIDE', /outside the repository/],
    ['a path in a repository inside', () => ['claim', 'vendor/inner/src'], 3, 'PATH_OUTSIDE', /is in the repository at .*inner/],
    ['a link that leads out', () => ['claim', 'out/other/src'], 3, 'PATH_OUTSIDE', /outside the repository/],
    ['a pattern below a link that leads out', () => ['claim', 'out/*/src'], 3, 'PATH_OUTSIDE', /outside the repository/],
    ['a drive', () => ['claim', 'C:\\Users\\x'], 3, 'PATH_OUTSIDE', /absolute path of Windows/],
    ['a share', () => ['who', '\\\\server\\share\\x'], 3, 'PATH_OUTSIDE', /absolute path of Windows/],
    ['a name of 300 bytes', () => ['claim', `src/${LONG}`], 2, 'FIELD_INVALID', /a name of 300 bytes; at most 255/],
    ['a name of 300 bytes and 100 characters', () => ['who', `src/${'\u20ac'.repeat(100)}`], 2, 'FIELD_INVALID', /a name of 300 bytes/],
    ['a path of 300 characters', () => ['claim', 'long/'.repeat(60)], 2, 'FIELD_INVALID', /at most 256/],
    ['NUL', () => ['claim', 'src/a\0b'], 2, 'FIELD_INVALID', /control character/],
    ['a line break', () => ['claim', 'src/a\nb'], 2, 'FIELD_INVALID', /control character/],
    ['an escape sequence', () => ['who', '\u001b[31msrc'], 2, 'FIELD_INVALID', /control character/],
    ['half of a character', () => ['claim', 'src/\ud800'], 2, 'FIELD_INVALID', /half of a character/],
    ['nothing', () => ['claim', ''], 2, 'FIELD_INVALID', /a scope is empty/],
    ['a name without a name', () => ['claim', '@'], 2, 'FIELD_INVALID', /a name without a name/],
    ['what a shell expanded', () => ['claim', ...MANY], 2, 'SHELL_EXPANDED', /your shell expanded this; quote it/],
    ["a release of somebody else's claim, by its id", () => ['release', held], 1, 'NOT_HOLDER', /is mac\/codex's and not claude's/],
    ["a release of somebody else's claim, by its scope", () => ['release', 'src/pay'], 1, 'NOT_HOLDER', /is mac\/codex's and not claude's/],
    ['a release of what nobody holds', () => ['release', 'src/none'], 1, 'NOT_HOLDER', /holds no claim/],
    ['a release of a claim that there is not', () => ['release', 'c-zzzzzzzz'], 1, 'NOT_HOLDER', /./],
    ['a lease of a year', () => ['claim', 'src', '--for', '365d'], 2, 'FIELD_INVALID', /at most/],
    ['a lease of no time', () => ['claim', 'src', '--for', '0s'], 2, 'FIELD_INVALID', /./],
    ['a renewal by a year', () => ['renew', '--for', '365d'], 2, 'FIELD_INVALID', /at most/]
  ])('%s', async (_, words, exit, code, says) => {
    const answer = await desk.run('claude', words())
    expect([answer.code, answer.envelope.ok, answer.envelope.error?.code]).toEqual([exit, false, code])
    expect(answer.envelope.error?.message).toMatch(says)
  })

  it('leaves nothing behind', async () => {
    const { envelope } = await desk.run('claude', ['claims'])
    expect(envelope.data['claims']).toMatchObject([{ id: held }])
  })
})

describe('a path as it was typed', () => {
  it.each([
    ['src\\auth\\login.ts', 'src/auth/login.ts'],
    ['.\\src\\auth\\', 'src/auth'],
    ['Cafe\u0301/menu.md', 'Caf\u00e9/menu.md'],
    ['..%2f..%2fetc/passwd', '..%2f..%2fetc/passwd'],
    ['%c0%ae%c0%ae/%2e%2e/x', '%c0%ae%c0%ae/%2e%2e/x'],
    ['....//x', '..../x'],
    ['SRC/auth/../x', 'SRC/x'],
    ['constructor/__proto__', 'constructor/__proto__']
  ])('%j is %j', async (typed, scope) => {
    const { code, envelope } = await desk.run('claude', ['who', typed])
    expect([code, envelope.data['paths']]).toMatchObject([0, [{ scope }]])
  })

  it('never leads out of the root (case 85)', () => {
    const parts = ['..', '..%2f', '%c0%ae%c0%ae', '.', '', 'src', 'out', 'C:', '..\\', '\\..', '\u2025', '\uff0e\uff0e', 'vendor/inner', ':', LONG.slice(0, 255), '*', '{..,src}', '[.][.]', '\\.\\.']
    const checkout = findCheckout(app)
    if (!checkout.ok) throw new Error(checkout.failure.message)
    let runs = 0
    let outside = 0
    for (const first of ['', '/', ':/', './', '\\']) {
      for (const second of parts) {
        for (const third of parts) {
          const item = pathKey(checkout.value, join(app, 'src'), `${first}${second}/${third}/x`)
          runs += 1
          const found = item.ok ? parseScope(item.value) : item
          if (item.ok && found.ok && /^(?:\/|out\/|vendor\/inner\/)|(?:^|\/)\.\.?(?:\/|$)/.test(item.value)) outside += 1
        }
      }
    }
    recordCase(85, { test: 'test/control/operations/bad-scopes.test.ts', runs, worst: outside, limit: 0, unit: 'outside' })
    expect(outside).toBe(0)
  })
})
