import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/cli/command.js'
import { COMMANDS } from '../../src/cli/commands.js'
import { program } from '../../src/cli/program.js'
import { skein, temporaryFolder } from '../support/cli.js'

/** Types a line at a program whose commands never run: what is printed is its own. */
const type = async (argv: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
  let out = ''
  let err = ''
  const write = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const terminal = (): never => {
    throw new Error('a command ran')
  }
  const code = await program({ version: '1.2.3', write, terminal }).parse(argv)
  return { code, out, err }
}

const lines = (commands: readonly Command[], before = ''): string[] => commands.flatMap(command => [`${before}${command.name}`, ...lines(command.commands ?? [], `${before}${command.name} `)])

const everyCommand = lines(COMMANDS)

describe('help', () => {
  it.each(everyCommand)('of %s has an example and fits 80 columns', async line => {
    const { code, out } = await type([...line.split(' '), '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(/\nExamples:\n {2}\S/)
    // an example to be copied is not broken
    const wide = out.split('\n').filter(each => each.length > 80 && !/^ {2}\S/.test(each))
    expect(wide).toEqual([])
  })

  it('names every command by its group, and is what help prints too', async () => {
    const { out } = await type(['--help'])
    for (const { name, hidden } of COMMANDS) if (hidden !== true) expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    expect((await type(['help'])).out).toBe(out)
    expect((await type(['help', 'claim'])).out).toBe((await type(['claim', '--help'])).out)
  })

  it('lists each command once, each with a summary without a full stop', () => {
    expect(new Set(everyCommand).size).toBe(everyCommand.length)
    for (const { summary, examples } of COMMANDS) {
      expect(summary).not.toMatch(/\.$/)
      expect(examples.length).toBeGreaterThan(0)
    }
  })

  it('prints the version', async () => expect(await type(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' }))
})

describe('wrong use', () => {
  it.each([
    [['clam'], 'there is no command "clam"; did you mean claim?', 'skein claim'],
    [['statsu', '--json'], 'there is no command "statsu"; did you mean status?', 'skein status'],
    [['--home', 'x', 'clam'], 'there is no command "clam"; did you mean claim?', 'skein claim'],
    [['xyzzy'], 'there is no command "xyzzy"', 'skein --help'],
    [['repo', 'ad'], 'skein repo has no sub-command "ad"; did you mean add?', 'skein repo add'],
    [['repo', 'foo'], 'skein repo has no sub-command "foo"', 'skein repo --help'],
    [['claim', 'x', '--reson', 'y'], 'skein claim has no option --reson; did you mean --reason?', 'skein claim --help'],
    [['claim'], 'skein claim needs <scope>: ', 'skein claim --help'],
    [['invite', '--uses'], '--uses <count> needs a value', 'skein invite --help'],
    [['status', 'now'], 'skein status takes no arguments', 'skein status --help'],
    [['--as'], '--as <session> needs a value', 'skein --help']
  ])('%j is exit 2 with what is wrong and what to type', async (argv, message, next) => {
    const { code, out, err } = await type(argv)
    expect(code).toBe(2)
    if (argv.includes('--json')) {
      expect(JSON.parse(out)).toMatchObject({ schema_version: 1, ok: false, error: { code: 'USAGE' } })
      expect(JSON.parse(out).error.message).toContain(message)
    } else {
      expect(err).toContain(`skein: ${message}`)
      expect(err).toContain(`  try: ${next}\n`)
      expect(out).toBe('')
    }
  })

  it('names the field in JSON', async () => {
    expect(JSON.parse((await type(['claim', '--json'])).out).error.field).toBe('scope')
    expect(JSON.parse((await type(['claim', 'x', '--reson', '--json'])).out).error).toMatchObject({ field: '--reson', details: { suggestion: '--reason' } })
  })
})

describe('the built program', () => {
  const folder = temporaryFolder()

  it('ends with wrong use as exit 2, without a stack trace, and colours nothing that is no terminal', async () => {
    const { code, stdout, stderr } = await skein(['clam'], { home: folder.path })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe('skein: there is no command "clam"; did you mean claim? (USAGE)\n  try: skein claim\n  try: skein --help\n')
    folder.remove()
  })
})
