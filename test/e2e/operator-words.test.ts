import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogData } from '../../src/control/operations/log.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
const file = join(mesh.folder.path, 'passphrase')
const signed = ['--passphrase-file', file]

const codeOf = async (name: string, ...args: readonly string[]): Promise<string> => {
  const { envelope } = await mesh.json(name, args)
  return envelope.ok ? 'ok' : envelope.error.code
}

beforeAll(async () => {
  writeFileSync(file, 'correct horse battery\n', { mode: 0o600 })
  await mesh.must('a', ['init', '--name', 'a', '--listen', '127.0.0.1:0', ...signed])
  await mesh.up('a')
}, 30_000)

afterAll(() => mesh.end())

describe('what an operator signs', () => {
  it('needs the passphrase, and ends at once with the line to type where there is no terminal', async () => {
    for (const line of [['policy', 'set', 'overlap', 'deny'], ['policy', 'clear', 'overlap'], ['directive', 'freeze']]) {
      const { envelope, code, ms } = await mesh.json('a', line)
      expect([envelope.error.code, code]).toEqual(['OPERATOR_LOCKED', 4])
      expect(envelope.next[0]).toMatch(/^skein (policy (set|clear) overlap|directive TEXT)/)
      expect(ms).toBeLessThan(5_000)
    }
    writeFileSync(`${file}.wrong`, 'not the horse at all\n')
    expect(await codeOf('a', 'directive', 'freeze', '--passphrase-file', `${file}.wrong`)).toBe('PASSPHRASE_WRONG')
    expect((await mesh.ask<LogData>('a', 'log', { kinds: ['directive'] })).records).toEqual([])
  }, 30_000)

  it('reaches a host that joins later, binds it, is acked by it, and ends there too', async () => {
    await mesh.must('a', ['policy', 'set', 'overlap', 'deny', '--scope', '@release', ...signed])
    const stop = await mesh.json('a', ['directive', 'no deployments today', '--stop', '--scope', '@deploy', ...signed])
    const { id } = stop.envelope.data.directive as { readonly id: string }
    await mesh.must('a', ['claim', '@release'])
    const { envelope } = await mesh.json('a', ['invite', ...signed])
    await mesh.join('b', String(envelope.data.token))
    await mesh.up('b')
    await mesh.sees('a', 'b', 'linked')
    expect((await mesh.must('b', ['inbox'])).stdout).toMatch(new RegExp(`^${id} {2}STOP: directive of the operator \\(signed by the founding operator\\) on @deploy`))
    expect([await codeOf('b', 'claim', '@deploy'), await codeOf('b', 'claim', '@release'), await codeOf('b', 'claim', '@other')]).toEqual(['DIRECTIVE_STOP', 'CLAIM_DENIED', 'ok'])
    const log = await mesh.ask<LogData>('b', 'log', { kinds: ['directive'] })
    expect(log.records).toMatchObject([{ id, kind: 'directive', authority: 'operator', text: 'no deployments today', at: expect.stringMatching(/^20.*Z$/) }])
    await mesh.must('b', ['ack', id])
    const shown = await eventually(() => mesh.json('a', ['show', id]), each => (each.envelope.data.directive as { readonly acked: number }).acked === 1)
    expect(shown.envelope.data).toMatchObject({ directive: { acked: 1, hosts: 2 }, recipients: expect.arrayContaining([expect.objectContaining({ host: 'b', state: 'acked' })]) })
    // who is no operator ends nothing
    expect([await codeOf('b', 'withdraw', id), await codeOf('b', 'policy', 'clear', 'overlap', '--scope', '@release')]).toEqual(['NO_OPERATOR_KEY', 'NO_OPERATOR_KEY'])
    await mesh.must('a', ['withdraw', id, ...signed])
    await mesh.must('a', ['policy', 'clear', 'overlap', '--scope', '@release', ...signed])
    for (const scope of ['@deploy', '@release']) await eventually(() => codeOf('b', 'claim', scope), code => code === 'ok')
  }, 60_000)
})
