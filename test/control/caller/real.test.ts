import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram, openStage, plainEnv, type Stage } from './script.js'

let stage: Stage
let files = 0

beforeAll(() => {
  stage = openStage()
})
afterAll(() => stage.remove())

const node = JSON.stringify(process.execPath)
const freshFile = (): string => join(stage.folder, `found-${++files}`)
const printTo = (file: string): string => `${node} ${stage.print} ${file}`
const run = (path: string, env: Record<string, string> = {}): void => {
  execFileSync(path, { env: plainEnv(env), stdio: 'ignore' })
}
const tokens = (file: string): Set<string> => new Set(stage.read(file).map(({ token }) => token))

/** A process session of its own, where the system can do that. */
const detach = hasProgram('setsid') ? 'setsid -w' : ''

/** Ten shells one after the other two, half of them detached. */
const tenShells = (file: string): string => {
  return Array.from({ length: 5 }, () => `sh -c '${printTo(file)}; true' &\n${detach} sh -c '${printTo(file)}; true' &\nwait\n`).join('')
}

describe('real agent processes', () => {
  it('takes ten shells of one agent process for one actor, and two such agents for two', () => {
    const first = freshFile()
    const second = freshFile()
    const env = { CLAUDE_CODE_SESSION_ID: 'inherited-by-both' }
    run(stage.script('one/claude', `#!/bin/sh\n${tenShells(first)}`), env)
    run(stage.script('two/claude', `#!/bin/sh\n${tenShells(second)}`), env)
    expect(stage.read(first)).toHaveLength(10)
    expect(stage.read(second)).toHaveLength(10)
    expect(tokens(first).size).toBe(1)
    expect(new Set([...tokens(first), ...tokens(second)]).size).toBe(2)
    expect(stage.read(first)[0]).toMatchObject({ kind: 'agent', tool: 'claude', person: false, conversation: { id: 'inherited-by-both' } })
  })

  it('takes the inner of two nested agents, and does not believe the outer one’s variable', () => {
    const file = freshFile()
    const inner = stage.script(
      'inner/codex',
      `#!/usr/bin/env node\nrequire('child_process').execFileSync('sh', ['-c', ${JSON.stringify(`${printTo(file)}; true`)}])\n`
    )
    stage.script('inner/package.json', '{"type":"commonjs"}')
    run(stage.script('outer/claude', `#!/bin/sh\n${inner}\n${printTo(file)}\ntrue\n`), { CLAUDE_CODE_SESSION_ID: 'outer' })
    const [fromInner, fromOuter] = stage.read(file)
    expect(fromInner).toMatchObject({ kind: 'agent', tool: 'codex' })
    expect(fromInner?.conversation).toBeUndefined()
    expect(fromInner?.agents.map(({ tool }) => tool)).toEqual(['codex', 'claude'])
    expect(fromOuter).toMatchObject({ kind: 'agent', tool: 'claude', conversation: { id: 'outer' } })
    expect(fromInner?.agents[1]).toEqual(fromOuter?.agents[0])
  })

  it('lets --as and SKEIN_SESSION name the actor, and still says which agent stands above', () => {
    const file = freshFile()
    run(stage.script('named/claude', `#!/bin/sh\n${printTo(file)} reviewer\n${printTo(file)}\ntrue\n`), { SKEIN_SESSION: 'night-shift' })
    const [flag, variable] = stage.read(file)
    expect(flag).toMatchObject({ kind: 'named', name: 'reviewer', found: 'from --as', tool: 'claude', person: false })
    expect(variable).toMatchObject({ kind: 'named', name: 'night-shift', found: 'from SKEIN_SESSION' })
  })
})

const hasTmux = hasProgram('tmux')

describe.skipIf(!hasTmux)(hasTmux ? 'real tmux panes' : 'real tmux panes (skipped: tmux is not installed)', () => {
  it('takes two panes for two actors, though both inherit the first agent’s variable', () => {
    const socket = `skein-test-${process.pid}`
    const first = freshFile()
    const second = freshFile()
    const third = freshFile()
    const env = { TMUX_TMPDIR: stage.folder }
    const tmux = (command: string): void => void execFileSync('sh', ['-c', `tmux -L ${socket} ${command}`], { env: plainEnv(env), timeout: 20_000 })
    const pane = (file: string, name: string): string =>
      stage.script(`pane-${name}`, `#!/bin/sh\n${printTo(file)}\n${detach} ${printTo(file)}\ntmux -L ${socket} wait-for -S ${name}\nexec cat\n`)
    const agent = stage.script('in-pane/claude', `#!/bin/sh\n${printTo(third)}\ntrue\n`)
    const agentPane = stage.script('pane-agent', `#!/bin/sh\n${agent}\ntmux -L ${socket} wait-for -S c\nexec cat\n`)
    try {
      const commands = [
        `tmux -f /dev/null -L ${socket} new-session -d ${pane(first, 'a')}`,
        `tmux -L ${socket} split-window -d ${pane(second, 'b')}`,
        `tmux -L ${socket} split-window -d ${agentPane}`
      ]
      run(stage.script('starts-tmux/claude', `#!/bin/sh\n${commands.join('\n')}\ntrue\n`), { ...env, CLAUDE_CODE_SESSION_ID: 'first-agent' })
      for (const name of ['a', 'b', 'c']) tmux(`wait-for ${name}`)
    } finally {
      tmux('kill-server 2>/dev/null || true')
    }
    expect(stage.read(first)).toHaveLength(2)
    expect(tokens(first).size).toBe(1)
    expect(tokens(second).size).toBe(1)
    expect(new Set([...tokens(first), ...tokens(second), ...tokens(third)]).size).toBe(3)
    for (const { kind, found, person } of stage.read(first)) expect({ kind, found, person }).toEqual({ kind: 'terminal', found: 'tmux pane %0', person: true })
    expect(stage.read(second)[0]?.found).toBe('tmux pane %1')
    expect(stage.read(third)[0]).toMatchObject({ kind: 'agent', tool: 'claude' })
  })
})
