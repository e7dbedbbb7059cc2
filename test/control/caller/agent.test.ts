import { describe, expect, it } from 'vitest'
import { agentOf } from '../../../src/control/caller/agent.js'

const cases: readonly (readonly [readonly string[], string | null])[] = [
  [['claude'], 'claude'],
  [['claude --resume'], 'claude'],
  [['/home/p/.local/bin/claude', '-p', 'x'], 'claude'],
  [['node', '/usr/bin/claude'], 'claude'],
  [['node', '--max-old-space-size=8192', '-r', './x.js', '/usr/bin/gemini'], 'gemini'],
  [['/usr/bin/node', '/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js'], 'claude'],
  [['/usr/bin/node', '/usr/lib/node_modules/@openai/codex/bin/codex.js'], 'codex'],
  [['/opt/codex/codex-x86_64/codex', 'exec'], 'codex'],
  [['bun', 'run', '/x/copilot.js'], 'copilot'],
  [['python3.12', '-X', 'dev', '/x/codex'], 'codex'],
  [['/bin/sh', '-e', '/x/claude'], 'claude'],
  [['bash', '-o', 'pipefail', '/x/cursor-agent'], 'cursor'],
  [['/p/.local/share/cursor-agent/versions/1/node', '/p/.local/share/cursor-agent/versions/1/index.js'], 'cursor'],
  [['sh', '-c', 'claude -p hello'], null],
  [['bash', '-lc', 'codex'], null],
  [['node', '-e', 'claude'], null],
  [['python3', '-c', 'codex'], null],
  [['vim', 'claude'], null],
  [['tmux', 'new', '-s', 'claude'], null],
  [['codex-linux-sandbox', '--', 'ls'], null],
  [['claude-code-router'], null],
  [['node', '/srv/claude/server.js'], null],
  [['/Applications/Claude.app/Contents/MacOS/Claude'], null],
  [['-zsh'], null],
  [['node'], null],
  [[''], null],
  [[], null]
]

describe('an agent by its command', () => {
  it.each(cases)('%j is %s', (command, tool) => {
    expect(agentOf(command)?.tool ?? null).toBe(tool)
  })
})
