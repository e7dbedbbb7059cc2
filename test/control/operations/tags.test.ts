import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk, type Answer } from '../../support/desk.js'
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

const codes = ({ envelope }: Answer) => envelope.warnings.map(({ code }) => code)
const look = (session: string) => mac.run(session, ['who', 'elsewhere'])

describe('claims of other files under a shared tag', () => {
  it('are told softly to both, once an hour, and change nothing else', async () => {
    expect(codes(await mac.run('one', ['claim', 'src/login.ts', '--tag', 'auth', '--tag', 'schema', '--reason', 'the login flow', '--for', '4h']))).not.toContain('CLAIM_TAG')
    const second = await mac.run('two', ['claim', 'src/token.ts', '--tag', 'auth', '--tag', 'schema', '--strict', '--for', '4h'])
    expect([second.code, codes(second), second.envelope.data.overlaps]).toEqual([0, ['CLAIM_TAG'], []])
    expect(second.envelope.warnings[0]?.text).toMatch(/^also under "auth", on other files: mac\/one .*"the login flow"/)
    expect(codes(await look('one'))).toEqual(['CLAIM_TAG'])
    expect([codes(await look('one')), codes(await look('two'))]).toEqual([[], []])
    await mac.run('two', ['claim', 'src/other.ts', '--tag', 'auth', '--for', '4h'])
    expect([codes(await look('one')), codes(await look('two'))]).toEqual([[], []])
    mac.advance(59 * MINUTE)
    expect(codes(await look('one'))).toEqual([])
    mac.advance(2 * MINUTE)
    expect([codes(await look('one')), codes(await look('two')), codes(await look('one'))]).toEqual([['CLAIM_TAG'], ['CLAIM_TAG'], []])
  })

  it('are no news where the files are the same, the tags are not, or one was released', async () => {
    await mac.run('one', ['release', '--all'])
    await mac.run('two', ['release', '--all'])
    await mac.run('three', ['claim', 'a.ts', '--tag', 'pay'])
    expect(codes(await mac.run('four', ['claim', 'a.ts', '--tag', 'pay']))).toEqual(['CLAIM_OVERLAP'])
    expect(codes(await mac.run('five', ['claim', 'b.ts', '--tag', 'auth']))).toEqual([])
    expect((await mac.run('five', ['claim', 'c.ts', '--tag', 'not a tag'])).code).toBe(2)
  })
})
