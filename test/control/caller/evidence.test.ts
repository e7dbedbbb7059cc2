import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatherEvidence, type Caller } from '../../../src/control/caller/evidence.js'
import type { ProcessTable } from '../../../src/control/caller/processes.js'
import { evidenceSchema, type Evidence } from '../../../src/host/session/evidence.js'

interface Entry {
  readonly parent?: number
  readonly command?: readonly string[]
  readonly session?: number
  readonly terminal?: string
}

/** A table of the processes given; a process began at its pid times ten. */
const table = (entries: Readonly<Record<number, Entry>>): ProcessTable => ({
  parentOf: (pid) => entries[pid]?.parent ?? null,
  startTime: (pid) => (entries[pid] === undefined ? null : String(pid * 10)),
  command: (pid) => entries[pid]?.command ?? [],
  sessionLeader: (pid) => entries[pid]?.session ?? null,
  terminal: (pid) => entries[pid]?.terminal ?? null
})

const blind = table({})
const gather = (caller: Partial<Caller>): Evidence => {
  const found = gatherEvidence({ env: {}, pid: 100, processes: blind, ...caller })
  if (!found.ok) throw new Error(found.failure.message)
  return evidenceSchema.parse(JSON.parse(JSON.stringify(found.value)))
}

const shell = { 100: { parent: 90, session: 90, terminal: 'pts/2' }, 90: { parent: 1, command: ['-bash'], session: 90, terminal: 'pts/2' }, 1: {} }
const underAgent = {
  100: { parent: 95, session: 95 },
  95: { parent: 90, command: ['sh', '-c', 'skein who'], session: 95 },
  90: { parent: 1, command: ['claude'], session: 80 },
  1: {}
}
const orphan = { 100: { parent: 1, session: 70 }, 1: { command: ['/sbin/init'] } }

describe('who is asking', () => {
  it('is the terminal by its session leader, not by its parent', () => {
    expect(gather({ processes: table(shell) })).toEqual({
      kind: 'terminal',
      tool: 'term',
      token: 'terminal:90:900',
      found: 'terminal pts/2',
      terminal: true,
      person: true,
      agents: []
    })
    const deeper = { ...shell, 100: { parent: 99, session: 90, terminal: 'pts/2' }, 99: { parent: 90, command: ['make'], session: 90 } }
    expect(gather({ processes: table(deeper) }).token).toBe('terminal:90:900')
  })

  it('is the agent’s process, with its variable as its conversation', () => {
    const found = gather({ processes: table(underAgent), env: { CLAUDE_CODE_SESSION_ID: 'c-1', CODEX_THREAD_ID: 'inherited' } })
    expect(found).toMatchObject({ kind: 'agent', token: 'agent:claude:90:900', found: 'the claude process 90', conversation: { tool: 'claude', id: 'c-1' } })
    expect(gather({ processes: table(underAgent), env: { CLAUDE_CODE_SESSION_ID: 'after-clear' } }).token).toBe(found.token)
  })

  it('does not believe a variable in a terminal, in a multiplexer, or beside another maker’s', () => {
    const env = { CLAUDE_CODE_SESSION_ID: 'c-1' }
    expect(gather({ processes: table(shell), env }).kind).toBe('terminal')
    expect(gather({ processes: table(orphan), env }).token).toBe('conversation:claude:c-1')
    expect(gather({ processes: table(orphan), env: { ...env, TMUX: '/tmp/t,55,0', TMUX_PANE: '%1' } }).kind).toBe('terminal')
    expect(gather({ processes: table(orphan), env: { ...env, STY: '55.pts' } }).kind).toBe('terminal')
    expect(gather({ processes: table(orphan), env: { ...env, CODEX_THREAD_ID: 't' } }).kind).toBe('terminal')
    const inScreen = { 100: { parent: 55, session: 55 }, 55: { parent: 1, command: ['SCREEN', '-dmS', 'x'] }, 1: {} }
    expect(gather({ processes: table(inScreen), env }).kind).toBe('terminal')
  })

  it('takes a tmux pane only below its own server', () => {
    const env = { TMUX: '/tmp/with,comma/default,55,0', TMUX_PANE: '%3' }
    const inPane = { 100: { parent: 90, session: 90, terminal: 'pts/2' }, 90: { parent: 55, command: ['sh'] }, 55: { parent: 1, command: ['tmux'] }, 1: {} }
    expect(gather({ processes: table(inPane), env })).toMatchObject({ token: 'tmux:55:550:%3', found: 'tmux pane %3', person: true })
    expect(gather({ processes: table(shell), env }).token).toBe('terminal:90:900')
    expect(gather({ processes: table(inPane), env: { ...env, TMUX_PANE: '%3; rm' } }).token).toBe('terminal:90:900')
  })

  it('believes an editor’s agent by its marker, and tells its conversations apart', () => {
    const editor = { 100: { parent: 90, session: 90, terminal: 'pts/2' }, 90: { parent: 1, command: ['/usr/share/cursor/cursor', '--type=utility'] }, 1: {} }
    expect(gather({ processes: table(editor) }).person).toBe(true)
    expect(gather({ processes: table(editor), env: { CURSOR_AGENT: '1' } })).toMatchObject({ token: 'agent:cursor:90:900', person: false })
    const one = gather({ processes: table(editor), env: { CURSOR_AGENT: '1', CURSOR_CONVERSATION_ID: 'one' } })
    expect(one).toMatchObject({ kind: 'variable', token: 'conversation:cursor:one', person: false })
  })

  it('puts a hook’s input before SKEIN_SESSION, and --as before both', () => {
    const caller = { processes: table(underAgent), hook: { tool: 'claude', id: 'c-1', sub: 'worker' }, env: { SKEIN_SESSION: 'x' } }
    expect(gather(caller)).toMatchObject({ kind: 'hook', token: 'agent:claude:90:900', conversation: { id: 'c-1', sub: 'worker' } })
    expect(gather({ ...caller, processes: blind })).toMatchObject({ kind: 'hook', token: 'conversation:claude:c-1', person: false })
    expect(gather({ ...caller, hook: { tool: 'codex', id: 't' } }).token).toBe('conversation:codex:t')
    expect(gather({ ...caller, as: 'me' })).toMatchObject({ kind: 'named', name: 'me', tool: 'claude' })
    expect(gather({ processes: table(underAgent), env: { SKEIN_SESSION: '' } }).kind).toBe('agent')
  })

  it('names the flag or variable that holds a bad name', () => {
    for (const as of ['_claude', '-x', '', 'a b', 'a/b', 'ü', 'x'.repeat(65), 'a\n']) {
      expect(gatherEvidence({ as, env: {}, pid: 100, processes: blind })).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: '--as' } })
    }
    const found = gatherEvidence({ env: { SKEIN_SESSION: 'a b' }, pid: 100, processes: blind })
    expect(found).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'SKEIN_SESSION' } })
  })

  it('gets weaker, never fails, where nothing can be seen', () => {
    expect(gather({}).token).toBe('terminal:unseen')
    expect(gather({ env: { TMUX: '/tmp/t,55,0', TMUX_PANE: '%3', CLAUDE_CODE_SESSION_ID: 'c' } }).token).toBe('tmux:55:unseen:%3')
    expect(gather({ env: { CLAUDE_CODE_SESSION_ID: 'c' } }).token).toBe('conversation:claude:c')
    expect(gather({ env: { CLAUDE_CODE_SESSION_ID: 'c\u0000\u001b[2J' } }).token).toBe('terminal:unseen')
  })

  it('always ends, and always fits the schema, whatever the table says', () => {
    const entry = fc.record(
      {
        parent: fc.integer({ min: 0, max: 9 }),
        command: fc.array(fc.constantFrom('claude', 'node', '/x/codex', 'tmux', '-c', 'sh', '', 'cursor')),
        session: fc.integer({ min: 0, max: 9 }),
        terminal: fc.constant('pts/0')
      },
      { requiredKeys: [] }
    )
    const name = fc.constantFrom('TMUX', 'TMUX_PANE', 'CLAUDE_CODE_SESSION_ID', 'CODEX_THREAD_ID', 'CURSOR_AGENT', 'CURSOR_CONVERSATION_ID')
    const env = fc.dictionary(name, fc.oneof(fc.string(), fc.constantFrom('/t,3,0', '%1', 'id'), fc.string({ minLength: 190, maxLength: 260 })))
    fc.assert(
      fc.property(fc.array(entry, { minLength: 10, maxLength: 10 }), env, (entries, env) => {
        expect(gather({ pid: 5, env, processes: table({ ...entries }) }).token).not.toBe('')
      })
    )
  })
})
