import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { skein, skeinJson, temporaryFolder } from '../support/cli.js'
import { commandLines, schemaFile } from '../docs/reference.js'

const DOCS = fileURLToPath(new URL('../../docs/schema', import.meta.url))
const folder = temporaryFolder()
const home = (name: string): string => join(folder.path, name)
const tree = join(folder.path, 'app')
const ajv = new Ajv({ strict: false, allErrors: true })

const schemaOf = (line: string): object => JSON.parse(readFileSync(join(DOCS, schemaFile(line)), 'utf8'))

/** Everything wrong with an output, as ajv says it. */
const faults = (schema: object, value: unknown): string[] => {
  const validate = ajv.compile(schema)
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
}

const covered = new Set<string>()

interface Said {
  readonly host?: string
  readonly session?: string
  readonly exit?: number
}

/** Types a line with `--json` and holds what is printed to the published schema of its command; gives the data. */
const says = async (command: string, rest: readonly string[] = [], { host = 'mac', session = 'one', exit = 0 }: Said = {}): Promise<Record<string, unknown>> => {
  const args = [...command.split(' '), ...rest]
  const behind = args.includes('--') ? args.indexOf('--') : args.length
  const { code, stdout, stderr } = await skein(args.toSpliced(behind, 0, '--json'), { home: home(host), cwd: tree, session })
  const lines = stdout.trimEnd().split('\n')
  const envelope = JSON.parse(lines.at(-1) ?? '')
  expect(code, `skein ${args.join(' ')}: ${stdout}${stderr}`).toBe(exit)
  expect(faults(schemaOf(command), envelope), `skein ${args.join(' ')}: ${stdout}`).toEqual([])
  const { definitions } = schemaOf(command) as { definitions?: { line?: object } }
  for (const line of lines.slice(0, -1)) expect(faults(definitions?.line ?? { not: {} }, JSON.parse(line)), line).toEqual([])
  covered.add(command)
  return envelope.ok ? envelope.data : envelope.error
}

afterAll(async () => {
  for (const name of ['mac', 'box']) await skein(['down'], { home: home(name) })
  folder.remove()
})

describe('what every command prints with --json keeps to its published schema', { timeout: 120_000 }, () => {
  it('mesh and here', async () => {
    mkdirSync(join(tree, 'src'), { recursive: true })
    execFileSync('git', ['init', '-q'], { cwd: tree })
    execFileSync('git', ['remote', 'add', 'origin', 'https://example.com/team/app.git'], { cwd: tree })
    await says('init', ['--name', 'mac', '--no-passphrase', '--listen', '127.0.0.1:0'])
    await says('up')
    const { token } = await says('invite')
    await says('join', [String(token), '--name', 'box', '--listen', '127.0.0.1:0'], { host: 'box' })
    const { invitations } = await says('invite list')
    const [first] = invitations as { id: string }[]
    await says('invite revoke', [first?.id ?? ''])
    await says('whoami')
    await says('sessions')
    await says('peers')
    await says('peers add', ['127.0.0.1:9'])
    await says('peers remove', ['127.0.0.1:9'])
    await says('repo add')
    await says('repo link', ['example.com/me/app', 'example.com/team/app'])
    await says('repo list')
    await says('repo')
    await says('sync', [], { host: 'box' })
    await says('operator')
    await says('operator list')
    const { key } = await says('operator key', ['--no-passphrase'], { host: 'box' })
    await says('operator add', [String(key), '--name', 'paul'])
    await says('operator revoke', ['paul', '--yes'])
  })

  it('claims', async () => {
    await says('claim', ['src/auth/**', '--reason', 'rewrite the login flow'])
    await says('claim', ['src/auth/login.ts'], { session: 'two' })
    await says('claim', ['src/auth/login.ts', '--strict'], { session: 'three', exit: 1 })
    await says('claims')
    await says('who', ['src/auth/login.ts'], { session: 'three', exit: 1 })
    await says('who', ['README.md'])
    await says('wait', ['src/auth/login.ts', '--park'], { session: 'three' })
    await says('contention', ['--since', '2h'])
    await says('mutex', ['test', '--', 'true'])
    const { id: mine } = await says('claim', ['docs'])
    const { id: crossed } = await says('claim', ['docs'], { session: 'two' })
    await says('resolve', [String(crossed), '--both'])
    const { id: offered } = await says('hand', [String(mine), 'mac/two'])
    await says('take', [String(offered)], { session: 'two' })
    await says('renew')
    await says('status')
    await says('release', ['--all'])
    await says('sessions note', ['--failure', 'exit 1'], { session: 'three' })
    await says('sessions end', [], { session: 'three' })
  })

  it('records and queries', async () => {
    const two = { session: 'two' }
    await says('intent', ['move the tests'])
    await says('intents')
    const { id: asked } = await says('ask', ['mac/two', 'which port?'])
    await says('inbox', [], two)
    await says('pending')
    await says('answer', [String(asked), '4747'], two)
    const { id: proposed } = await says('propose', ['mac/two', 'take the tests', '--scope', 'test'])
    await says('accept', [String(proposed)], two)
    const { id: again } = await says('propose', ['mac/two', 'take the docs', '--scope', 'docs'])
    await says('reject', [String(again), '--reason', 'no time'], two)
    const { id: sent } = await says('send', ['mac/two', 'hello', '--ack'])
    await says('ack', [String(sent)], two)
    const { id: other } = await says('send', ['mac/two', 'hello again', '--ack'])
    await says('nack', [String(other), '--reason', 'not mine'], two)
    const { id: blocked } = await says('block', ['the build is red'])
    await says('unblock', [String(blocked)])
    const { id: decided } = await says('decide', ['we use tabs'])
    await says('withdraw', [String(decided)])
    await says('show', [String(asked)])
    await says('conversation')
    await says('recap')
    await says('log')
    await says('export')
    await says('verify')
    await says('doctor')
    await says('schema', ['claims'])
    await says('completions', ['bash'])
  })

  it('what an operator says', async () => {
    const { directive } = await says('directive', ['freeze', '--for', '1h', '--stop', '--scope', '@release'])
    expect(await says('withdraw', [(directive as { readonly id: string }).id])).toMatchObject({ directive: { state: 'withdrawn' } })
    await says('policy set', ['overlap', 'strict', '--scope', '@release'])
    await says('policy list')
    await says('policy')
    await says('policy clear', ['overlap', '--scope', '@release'])
  })

  it('what goes wrong, too', async () => {
    expect(await says('show', ['x-nothing'], { exit: 3 })).toMatchObject({ code: 'NO_SUCH_RECORD' })
    expect(await says('claim', [], { exit: 2 })).toMatchObject({ code: 'USAGE', field: 'scope' })
    expect(await says('status', [], { host: 'nowhere', exit: 4 })).toMatchObject({ code: 'NO_HOME' })
  })

  it('ends', async () => {
    await says('repo remove')
    await says('rotate-key')
    await says('down')
    await says('leave', ['--yes'], { host: 'box' })
    await says('revoke', ['box', '--yes'])
  })

  it('none was left out', () => expect(commandLines(COMMANDS).filter(line => !covered.has(line))).toEqual([]))
})

describe('skein schema', () => {
  it('prints what docs/schema holds, and suggests for what it does not know', async () => {
    const { stdout } = await skein(['schema', 'repo', 'add'], { home: home('mac') })
    expect(JSON.parse(stdout)).toEqual(schemaOf('repo add'))
    const { code, envelope } = await skeinJson(['schema', 'clams'], { home: home('mac') })
    expect([code, envelope.error.code, envelope.next]).toEqual([2, 'USAGE', ['skein schema claims']])
  })
})
