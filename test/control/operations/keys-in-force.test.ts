import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const KEY = 'github.com/team/app'
const folder = temporaryFolder()
const app = join(folder.path, 'app')
const alias = join(folder.path, 'alias')
let mac: Desk

const rows = (list: unknown): Record<string, unknown>[] => (Array.isArray(list) ? list : [])
const run = async (session: string, cwd: string, ...words: string[]) => mac.run(session, words, { cwd })

/** One repository in two work trees of which one has an ssh alias as its remote; all is said in that one before the other is known. */
beforeAll(async () => {
  makeRepository(app)
  cpSync(app, alias, { recursive: true })
  execFileSync('git', ['remote', 'set-url', 'origin', 'git@work:team/app.git'], { cwd: alias })
  mac = await Desk.open(join(folder.path, 'h'), app)
  await run('early', alias, 'claim', 'old/x.ts', '--reason', 'long ago')
  await run('early', alias, 'release', '--all')
  mac.advance(3_600_000)
  mac.host.runtime.feed({ type: 'compact' })
  await mac.host.runtime.settled()
  await run('early', alias, 'intent', 'rewrite the login', '--scope', 'src/auth')
  await run('op', alias, 'policy', 'set', 'overlap', 'deny', '--scope', 'src/pay')
  await run('op', alias, 'directive', 'no deploys today', '--scope', 'deploy', '--stop')
  await run('early', alias, 'claim', 'src/pay/x.ts')
  await mac.run('late', ['repo', 'add'])
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

describe('what was said under a key that is no longer in force', () => {
  it('is found from the other work tree: the log, intents, who had it last, policies, directives', async () => {
    expect((await run('late', app, 'log', '--scope', 'src/auth/login.ts')).envelope.data.count).toBe(1)
    const [asked] = rows((await run('late', app, 'who', 'src/auth/login.ts')).envelope.data.paths)
    expect(asked).toMatchObject({ intent_count: 1 })
    expect(rows((await run('late', app, 'who', 'old/x.ts')).envelope.data.paths)).toMatchObject([{ last: { reason: 'long ago' } }])
    expect(rows((await run('late', app, 'who', 'src/pay/y.ts')).envelope.data.paths)).toMatchObject([{ policy: { value: 'deny', repository: KEY } }])
    expect((await run('late', app, 'claim', 'src/pay')).envelope.error.code).toBe('CLAIM_DENIED')
    expect((await run('late', app, 'claim', 'deploy/a.sh')).envelope.error.code).toBe('DIRECTIVE_STOP')
  })

  it('is cleared by the key in force, too', async () => {
    expect((await run('op', app, 'policy', 'clear', 'overlap', '--scope', 'src/pay')).code).toBe(0)
    expect(rows((await run('op', app, 'policy', 'list')).envelope.data.policies)).toEqual([])
    expect((await run('late', app, 'claim', 'src/pay')).code).toBe(0)
  })
})
