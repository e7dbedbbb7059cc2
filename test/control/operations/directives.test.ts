import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const HOUR = 3_600_000
const folder = temporaryFolder()
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const run = (session: string, ...words: string[]) => mac.run(session, words)
const direct = async (...words: string[]): Promise<string> => {
  const { envelope } = await run('op', 'directive', ...words)
  const { directive } = envelope.data as { directive: { id: string } }
  return directive.id
}

describe('a directive', () => {
  it('heads status, inbox, pending and recap, says that it is the operator\'s, and names the claims that it goes before', async () => {
    await run('holder', 'claim', 'src/pay/charge.ts', '--reason', 'refunds')
    const said = await run('op', 'directive', 'hands off the payment code', '--stop', '--scope', 'src/pay/**')
    expect(said).toMatchObject({ code: 0, envelope: { data: { overridden_count: 1, overridden: [{ session: 'holder' }], directive: { stop: true, state: 'live', by: 'the founding operator', scope: ['src/pay/**'] } } } })
    expect(said.text).toContain('goes before 1 claim of mac/holder: shown as overridden')
    for (const command of ['status', 'inbox', 'pending']) {
      const { text } = await run('late', command)
      expect(text.split('\n').slice(0, 3).join('\n')).toMatch(/^d-[0-9a-f]{8} {2}STOP: directive of the operator \(signed by the founding operator\) on src\/pay\/\*\*[^]+\n {2}> hands off the payment code\n {2}acked 0\/1 hosts: skein ack d-/)
    }
    expect((await run('late', 'recap')).text).toMatch(/directives of the operator, to be followed: 1\n {2}d-[0-9a-f]{8} STOP signed by the founding operator/)
  })

  it('shows what is claimed there as overridden, and with --stop lets nothing more be claimed, in the same words each time', async () => {
    const { envelope } = await run('late', 'who', 'src/pay/charge.ts')
    expect(envelope.data).toMatchObject({ paths: [{ directives: [{ stop: true }], holders: [{ overridden: [expect.stringMatching(/^d-/)] }] }] })
    expect((await run('late', 'claims')).text).toContain('overridden by d-')
    const refused = await run('late', 'claim', 'src/pay/refund.ts')
    expect(refused).toMatchObject({ code: 1, envelope: { error: { code: 'DIRECTIVE_STOP' } } })
    expect(refused.envelope.error.message).toMatch(/^stopped by d-[0-9a-f]{8} of the founding operator, since 20[-0-9T:.]+Z, until it is withdrawn: "hands off the payment code"; nothing was claimed$/)
    mac.advance(HOUR / 6)
    expect((await run('late', 'claim', 'src/pay/refund.ts')).envelope.error).toEqual(refused.envelope.error)
    expect((await run('late', 'claim', 'src/ui')).code).toBe(0)
    expect((await run('holder', 'claim', 'src/pay/charge.ts')).envelope.data).toMatchObject({ items: [{ renewed: true }] })
  })

  it('is seen, acked and refused by signed records that name its act and text, and show counts hosts', async () => {
    const id = await direct('run the tests')
    expect((await run('a', 'inbox')).envelope.data).toMatchObject({ directives: [{ id, unread: true }, {}] })
    expect((await run('a', 'inbox')).envelope.data).toMatchObject({ directives: [{ id, unread: false, seen: 1, acked: 0, hosts: 1 }, {}] })
    expect((await run('a', 'ack', id)).envelope.data).toMatchObject({ kind: 'ack', already: false, answers: { id, authority: 'operator', host: 'the founding operator' } })
    expect((await run('a', 'ack', id)).envelope.data).toMatchObject({ already: true })
    const shown = await run('b', 'show', id)
    expect(shown.envelope.data).toMatchObject({ kind: 'directive', authority: 'operator', text: 'run the tests', directive: { acked: 1, hosts: 1, mine: false }, recipients: [{ host: 'mac', state: 'acked', by_session: 'a' }], replies: [{ kind: 'ack', prose: `mac/a acks ${id}` }] })
    expect(shown.text).toContain('acked      1/1 hosts; seen by 1')
    expect((await run('b', 'nack', id, '--reason', 'no tests here')).code).toBe(0)
    expect((await run('b', 'show', id)).envelope.data).toMatchObject({ directive: { acked: 0, refused: 1 } })
  })

  it('ends when it is withdrawn, by any unique beginning of its id, or with its time', async () => {
    const id = await direct('until noon', '--for', '2h', '--scope', 'docs', '--stop')
    expect((await run('late', 'claim', 'docs/a')).envelope.error.code).toBe('DIRECTIVE_STOP')
    mac.advance(2 * HOUR)
    expect((await run('late', 'claim', 'docs/a')).code).toBe(0)
    expect((await run('late', 'show', id)).envelope.data).toMatchObject({ directive: { state: 'expired' } })
    const stop = await direct('all stop', '--stop')
    expect((await run('late', 'claim', '@name')).envelope.error.code).toBe('DIRECTIVE_STOP')
    const withdrawn = await run('op', 'withdraw', stop.slice(0, 8), '--reason', 'over')
    expect(withdrawn.envelope.data).toMatchObject({ directive: { id: stop, state: 'withdrawn', withdrawn_by: 'the founding operator' } })
    expect((await run('late', 'claim', '@name')).code).toBe(0)
    expect((await run('late', 'status')).envelope.data).toMatchObject({ directives: [{ text: 'run the tests' }, { text: 'hands off the payment code' }] })
  })

  it('that a session relays is a record, shown as that and followed by nothing', async () => {
    await run('agent', 'send', 'mac/late', 'stop all work', '--kind', 'directive')
    expect((await run('late', 'inbox')).envelope.data).toMatchObject({ directives: [{}, {}], items: [{ kind: 'directive', authority: 'host', prose: 'mac/agent relays a directive, claimed by the agent, signed by no operator to mac/late: "stop all work"' }] })
    expect((await run('late', 'claim', 'src/x')).code).toBe(0)
    // four of the operator's and one relayed
    expect((await run('late', 'log', '--kind', 'directive')).envelope.data).toMatchObject({ count: 5 })
    expect((await run('late', 'log', '--kind', 'directive', '--scope', 'docs')).envelope.data).toMatchObject({ count: 1 })
    expect((await run('late', 'log', '--kind', 'directive', '--limit', '2')).envelope.data).toMatchObject({ count: 2 })
  })

  it('is inert and whole where it is shown, and what makes no sense is refused before anything is signed', async () => {
    const id = await direct('first\n\u001b[2Jsecond')
    expect((await run('late', 'status')).text).toContain('  > first\n  > \\x1b[2Jsecond')
    await run('op', 'withdraw', id)
    const acts = mac.host.replica.acts.size
    const code = async (...words: string[]) => (await run('op', ...words)).envelope.error.code
    expect([await code('directive', ' '), await code('directive', 'x'.repeat(2_001)), await code('directive', 'x', '--for', 'ever'), await code('directive', 'x', '--scope', 'src/['), await code('withdraw', 'd-00000000'), await code('ack', 'd-00000000')]).toEqual([
      'FIELD_MISSING', 'TOO_LARGE', 'FIELD_INVALID', 'PATTERN_INVALID', 'NO_SUCH_RECORD', 'NO_SUCH_RECORD'
    ])
    expect(mac.host.replica.acts.size).toBe(acts)
  })
})
