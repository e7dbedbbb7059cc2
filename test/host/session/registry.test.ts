import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/core/limits.js'
import { agentToken, conversationToken, type AgentProcess, type Evidence } from '../../../src/host/session/evidence.js'
import { SessionRegistry, type SessionRegistryOptions } from '../../../src/host/session/registry.js'
import type { SessionNote } from '../../../src/host/session/note.js'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
/** Every hash alike in its first 20 bits, so that names must grow. */
const weakSha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(sha256(bytes), (byte, index) => (index < 3 ? 0 : byte))

const open = (more: Partial<SessionRegistryOptions> = {}): SessionRegistry => new SessionRegistry({ crypto: { sha256 }, bootId: 'boot-1', ...more })

const terminal = (leader: number): Evidence => ({
  kind: 'terminal',
  tool: 'term',
  token: `terminal:${leader}:9`,
  found: 'terminal pts/2',
  terminal: true,
  person: true,
  agents: []
})
const claude = (pid: number, conversation?: string): Evidence => {
  const agent: AgentProcess = { tool: 'claude', pid, startedAt: '9' }
  const found = `the claude process ${pid}`
  const base: Evidence = { kind: 'agent', tool: 'claude', token: agentToken(agent), found, terminal: false, person: false, agents: [agent] }
  return conversation === undefined ? base : { ...base, conversation: { tool: 'claude', id: conversation } }
}
const variable = (id: string): Evidence => {
  const conversation = { tool: 'claude', id }
  return { ...terminal(1), kind: 'variable', tool: 'claude', token: conversationToken(conversation), conversation }
}
const named = (name: string): Evidence => ({ ...terminal(1), kind: 'named', token: `named:${name}`, name })

class Store {
  readonly notes = new Map<string, string>()
  take(notes: readonly SessionNote[]): void {
    for (const { key, value } of notes) {
      if (value === null) this.notes.delete(key)
      else this.notes.set(key, value)
    }
  }
  reopen(more: Partial<SessionRegistryOptions> = {}): SessionRegistry {
    const registry = open(more)
    for (const [key, value] of this.notes) expect(registry.restore(key, value)).toBe(true)
    return registry
  }
}

describe('session names', () => {
  it('are the tool and four characters, the same for one token, another for another', () => {
    const registry = open()
    const first = registry.nameFor(claude(1), 0)
    expect(first.name).toMatch(/^claude-[0-9a-z]{4}$/)
    expect(first.isNew).toBe(true)
    expect(registry.nameFor(claude(1), 1)).toEqual({ name: first.name, isNew: false, notes: [] })
    expect(registry.nameFor(claude(2), 1).name).not.toBe(first.name)
    expect(registry.nameFor(terminal(3), 1).name).toMatch(/^term-[0-9a-z]{4}$/)
  })

  it('are one character longer where another session has the shorter one', () => {
    const registry = open({ crypto: { sha256: weakSha256 } })
    const names = [1, 2, 3].map((pid) => registry.nameFor(claude(pid), 0).name)
    expect(new Set(names).size).toBe(3)
    expect(names[0]).toBe('claude-0000')
    expect(names[1]).toMatch(/^claude-0000.$/)
    expect(names.map((_, index) => registry.nameFor(claude(index + 1), 1).name)).toEqual(names)
  })

  it('given by a person are taken as they are, and not given to another', () => {
    const registry = open()
    expect(registry.nameFor(named('night-shift'), 0)).toMatchObject({ name: 'night-shift', isNew: true })
    const free = open().nameFor(claude(1), 0).name
    registry.nameFor(named(free), 0)
    expect(registry.nameFor(claude(1), 0).name).toBe(registry.nameFor(claude(1), 0).name)
    expect(registry.nameFor(claude(1), 0).name).toHaveLength(free.length + 1)
    expect(registry.nameFor(named(free), 1).isNew).toBe(false)
  })
})

describe('one agent process is one actor', () => {
  it('before and after clear, and for a shell that only sees the variable', () => {
    const registry = open()
    const { name } = registry.nameFor(claude(1, 'first'), 0)
    expect(registry.nameFor(claude(1, 'after-clear'), 1).name).toBe(name)
    expect(registry.get(name)?.tokens).toEqual(['conversation:claude:first', 'agent:claude:1:9', 'conversation:claude:after-clear'])
  })

  it('goes on in a new process that resumes its conversation once the old one has ended', () => {
    const alive = new Set([1])
    const registry = open({ isAlive: ({ pid }) => alive.has(pid) })
    const { name } = registry.nameFor(claude(1, 'c'), 0)
    expect(registry.nameFor(claude(2, 'c'), 1).name).not.toBe(name)
    alive.clear()
    alive.add(3)
    expect(registry.nameFor(claude(3, 'c'), 2)).toMatchObject({ name, isNew: false })
    expect(registry.get(name)?.agent?.pid).toBe(3)
    expect(registry.nameFor(claude(4, 'c'), 3).name).not.toBe(name)
  })

  it('keeps what one conversation was called where no process is seen', () => {
    const registry = open()
    const { name } = registry.nameFor(claude(1, 'c'), 0)
    expect(registry.nameFor(variable('c'), 1).name).toBe(name)
    expect(registry.nameFor(variable('other'), 1).name).not.toBe(name)
  })
})

describe('over restarts', () => {
  it('known tokens keep their names, in any order of notes', () => {
    const store = new Store()
    const before = open({ crypto: { sha256: weakSha256 } })
    const names = [3, 2, 1].map((pid) => {
      const { name, notes } = before.nameFor(claude(pid), pid)
      store.take(notes)
      return name
    })
    const after = store.reopen({ crypto: { sha256: weakSha256 } })
    expect([3, 2, 1].map((pid) => after.nameFor(claude(pid), 9))).toMatchObject(names.map((name) => ({ name, isNew: false })))
    expect(before.list()).toEqual(store.reopen().list())
  })

  it('of the machine, process ids mean other processes, conversations the same ones', () => {
    const store = new Store()
    const before = open()
    const old = before.nameFor(claude(1, 'c'), 0)
    const shell = before.nameFor(terminal(5), 0)
    store.take([...old.notes, ...shell.notes])
    const after = store.reopen({ bootId: 'boot-2' })
    expect(after.nameFor(terminal(5), 1)).toMatchObject({ isNew: true })
    expect(after.nameFor(terminal(5), 1).name).not.toBe(shell.name)
    expect(after.nameFor(claude(1), 1).name).not.toBe(old.name)
    expect(after.nameFor(claude(2, 'c'), 1).name).toBe(old.name)
  })

  it('a damaged or foreign note is refused and does no harm', () => {
    const registry = open()
    for (const value of ['', '{', '[]', '{"tokens":[1]}', 'null']) expect(registry.restore('session/a', value)).toBe(false)
    const value = open().nameFor(claude(1), 0).notes[0]?.value ?? ''
    for (const key of ['heads', 'session/', 'session/a b', `session/${'x'.repeat(65)}`]) expect(registry.restore(key, value)).toBe(false)
    expect(registry.restore('session/a', value)).toBe(true)
  })
})

describe('bounds', () => {
  it('notes the time of the last command once a minute, and what changed at once', () => {
    const registry = open()
    expect(registry.nameFor(claude(1), 0).notes).toHaveLength(1)
    expect(registry.nameFor(claude(1), LIMITS.sessionNoteMs - 1).notes).toEqual([])
    expect(registry.nameFor(claude(1), LIMITS.sessionNoteMs).notes).toHaveLength(1)
    expect(registry.nameFor(claude(1, 'c'), LIMITS.sessionNoteMs + 1).notes).toHaveLength(1)
    expect(registry.nameFor(claude(1, 'c'), 0).notes).toHaveLength(1)
  })

  it('keeps the newest tokens of one session', () => {
    const registry = open()
    const { name } = registry.nameFor(claude(1, '0'), 0)
    for (let index = 1; index < 40; index++) expect(registry.nameFor(claude(1, String(index)), index).name).toBe(name)
    expect(registry.get(name)?.tokens).toHaveLength(LIMITS.sessionTokens)
  })

  it('forgets the session that asked longest ago, and says so to the store', () => {
    const store = new Store()
    const registry = open()
    for (let pid = 1; pid <= LIMITS.sessionsKept; pid++) store.take(registry.nameFor(terminal(pid), pid).notes)
    const oldest = registry.nameFor(terminal(2), 1e9).name
    const second = registry.nameFor(terminal(1), 1e9 + 1).name
    store.take(registry.nameFor(claude(7), 1e9 + 2).notes)
    expect(registry.list()).toHaveLength(LIMITS.sessionsKept)
    expect(store.notes.size).toBe(LIMITS.sessionsKept)
    expect([registry.get(oldest), registry.get(second)].every((session) => session !== undefined)).toBe(true)
    expect(registry.nameFor(terminal(3), 1e9 + 3).isNew).toBe(true)
  })
})
