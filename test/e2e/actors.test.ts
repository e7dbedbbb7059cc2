import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, temporaryFolder } from '../support/cli.js'
import { makeRepository, TestHost } from '../support/home.js'
import { hasProgram } from '../control/caller/script.js'

const run = promisify(execFile)
const folder = temporaryFolder()
const mac = new TestHost(join(folder.path, 'h'), join(folder.path, 'app'))

beforeAll(async () => {
  makeRepository(mac.cwd)
  await mac.run(undefined, ['init', '--name', 'mac', '--no-passphrase', '--listen', '127.0.0.1:0'])
  await mac.run(undefined, ['up'])
})
afterAll(async () => {
  await mac.run(undefined, ['down'])
  folder.remove()
})

const skein = `${JSON.stringify(process.execPath)} ${BIN}`

/** An executable script; one called `claude` is an agent to whoever looks up the process tree. */
const script = (path: string, text: string): string => {
  const file = join(folder.path, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

/** Runs a script in the repository, with nothing of the agent that may run these tests. */
const play = async (path: string, env: Record<string, string> = {}): Promise<void> => {
  await run(path, [], { cwd: mac.cwd, env: { PATH: process.env.PATH ?? '', HOME: mac.home, SKEIN_HOME: mac.home, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', TMUX_TMPDIR: folder.path, ...env }, timeout: 60_000 })
}

interface Row {
  readonly session: string
  readonly scope: readonly string[]
}

const holders = async (scope: string): Promise<readonly Row[]> => {
  const { claims } = (await mac.json('onlooker', ['claims', scope])).envelope.data
  return Array.isArray(claims) ? claims : []
}

describe('who is who', () => {
  it('ten shells of one agent process are one actor: one claim, renewed, and no warning about itself', async () => {
    const shells = Array.from({ length: 10 }, () => `sh -c '${skein} claim agent/** --json >> ${folder.path}/out-one; true'`).join(' &\n')
    await play(script('one/claude', `${shells} &\nwait`), { CLAUDE_CODE_SESSION_ID: 'inherited' })
    const claims = await holders('agent/**')
    expect(claims).toHaveLength(1)
    expect(claims[0]?.session).toMatch(/^claude-/)
    await play(script('two/claude', `sh -c '${skein} claim agent/x --json > ${folder.path}/out-two; true'\ntrue`), { CLAUDE_CODE_SESSION_ID: 'another' })
    const sessions = new Set((await holders('agent/x')).map(({ session }) => session))
    expect(sessions.size).toBe(2)
    const first = await mac.json([...sessions][0], ['claims', '--mine'])
    expect(first.envelope.warnings.map(({ code }) => code)).toEqual(['CLAIM_CROSSING'])
  })

  const hasTmux = hasProgram('tmux')

  it.skipIf(!hasTmux)(hasTmux ? 'two tmux panes are two actors, though both inherit one agent’s variable' : 'two tmux panes (skipped: tmux is not installed)', async () => {
    const socket = `skein-actors-${process.pid}`
    const pane = (name: string): string => script(`pane-${name}`, `${skein} claim pane/** --json > ${folder.path}/pane-${name}.json\ntmux -L ${socket} wait-for -S ${name}\nexec cat`)
    try {
      await play(script('tmux/claude', `tmux -f /dev/null -L ${socket} new-session -d ${pane('a')}\ntmux -L ${socket} wait-for a\ntmux -L ${socket} split-window -d ${pane('b')}\ntmux -L ${socket} wait-for b`), { CLAUDE_CODE_SESSION_ID: 'first-agent' })
    } finally {
      await play(script('kill', `tmux -L ${socket} kill-server 2>/dev/null || true`))
    }
    const claims = await holders('pane/x')
    expect(new Set(claims.map(({ session }) => session)).size).toBe(2)
    for (const { session } of claims) expect(session).toMatch(/^term-/)
  })
})
