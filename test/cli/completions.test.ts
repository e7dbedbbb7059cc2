import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { completionScript, SHELLS } from '../../src/cli/completions.js'

const hasProgram = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined
const hasBash = hasProgram('bash')

/** What bash offers for a line, the cursor at its end. */
const offered = (line: string): string[] => {
  const words = line.split(' ')
  const script = `${completionScript('bash', COMMANDS)}
COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_skein
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: '/' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter(word => word !== '')
}

describe('completions', () => {
  it.each(SHELLS)('for %s name every command and flag', shell => {
    const script = completionScript(shell, COMMANDS)
    for (const { name, options = [] } of COMMANDS) {
      expect(script).toContain(name)
      for (const { flags, hidden } of options) if (hidden !== true) expect(script).toContain(/--([a-z-]+)/.exec(flags)?.[1] ?? flags)
    }
  })

  describe.skipIf(!hasBash)(hasBash ? 'in bash' : 'in bash (skipped: bash is not installed)', () => {
    it('offers commands, sub-commands and flags by their place', () => {
      expect(offered('skein cl')).toEqual(['claim', 'claims'])
      expect(offered('skein repo a')).toContain('add')
      expect(offered('skein --json repo re')).toContain('remove')
      expect(offered('skein claim --re')).toEqual(['--reason'])
      expect(offered('skein claim src --s')).toEqual(['--shared', '--strict', '--strict-same-tree'])
      expect(offered('skein ')).toContain('status')
    })
  })

  for (const shell of ['zsh', 'fish'] as const) {
    const has = hasProgram(shell)
    it.skipIf(!has)(has ? `is read by ${shell} without a complaint` : `is read by ${shell} (skipped: ${shell} is not installed)`, () => {
      const { status, stderr } = spawnSync(shell, ['-n'], { encoding: 'utf8', input: completionScript(shell, COMMANDS) })
      expect([status, stderr]).toEqual([0, ''])
    })
  }
})
