import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callHome } from '../../src/control/client.js'
import type { Envelope, Reply } from '../../src/control/envelope.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { BIN, eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'
import { evidenceOf } from '../support/pair.js'

const mesh = new TestMesh()
const HOSTS = ['mac', 'box', 'spark']

/** One call as a session of a host, in this process; what is said before the answer is handed on. */
const ask = (host: string, session: string, op: string, args: Record<string, unknown> = {}, heard: (said: Record<string, unknown>) => void = () => undefined): Promise<Reply> =>
  callHome({ op, args, caller: evidenceOf(session), cwd: mesh.folder.path }, { home: mesh.home(host), interim: said => heard(said as Record<string, unknown>) })

const answered = async <Data>(reply: Promise<Reply>): Promise<Data> => {
  const { envelope } = await reply
  if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`)
  return envelope.data as Data
}

const status = (host: string, session = 'onlooker'): Promise<StatusData> => answered<StatusData>(ask(host, session, 'status'))

/** A wait that stands: resolves once it is on its host's disk. */
const waiting = (host: string, session: string, what: readonly string[], more: Record<string, unknown> = {}) => {
  const said: Record<string, unknown>[] = []
  let begun: (said: Record<string, unknown>) => void = () => undefined
  const began = new Promise<Record<string, unknown>>(resolve => {
    begun = resolve
  })
  const reply = ask(host, session, 'wait', { what, ...more }, each => {
    said.push(each)
    begun(each)
  })
  return { began, reply, said }
}

const errorOf = (envelope: Envelope) => {
  if (envelope.ok) throw new Error(`an answer, where an error was awaited: ${JSON.stringify(envelope.data)}`)
  return envelope.error
}

beforeAll(async () => {
  await mesh.found('mac')
  await mesh.up('mac')
  for (const name of ['box', 'spark']) {
    await mesh.join(name, await mesh.invite('mac'))
    await mesh.up(name)
  }
  for (const name of HOSTS) for (const other of HOSTS) if (name !== other) await mesh.sees(name, other, 'linked')
}, 60_000)
afterAll(() => mesh.end())

describe('skein wait', () => {
  it('ends when the holder on another host releases, and says who held it; the holder sees who waits', async () => {
    await answered(ask('box', 'holder', 'claim', { scope: ['@free'], reason: 'a migration' }))
    await eventually(() => answered<{ total: number }>(ask('mac', 'waiter', 'claims', { scope: ['@free'] })), ({ total }) => total === 1)
    const wait = waiting('mac', 'waiter', ['@free'])
    const begun = await wait.began
    expect(begun).toMatchObject({ state: 'waiting', held_by: [{ holder: 'box/holder', reason: 'a migration' }] })
    const seen = await eventually(() => status('box', 'holder'), ({ waits }) => waits.for_me.length === 1)
    expect(seen.waits.for_me).toMatchObject([{ by: 'mac/waiter', what: ['@free'], wait: begun.wait }])
    const listed = await answered<{ claims: unknown[] }>(ask('box', 'holder', 'claims', { scope: ['@free'] }))
    expect(listed.claims).toMatchObject([{ waiting: [{ by: 'mac/waiter' }] }])
    await answered(ask('box', 'holder', 'release', { what: ['@free'] }))
    const { envelope, exit } = await wait.reply
    expect(exit).toBe(0)
    expect(envelope).toMatchObject({ data: { state: 'free', freed: [{ what: '@free', held_by: [{ holder: 'box/holder', how: 'released' }] }] } })
    await eventually(() => status('box', 'holder'), ({ waits }) => waits.for_me.length === 0)
  })

  it('of several things the first that is free ends it; parked it is told later, and the token is of no more use then', async () => {
    await answered(ask('mac', 'one', 'claim', { scope: ['@any/1'] }))
    await answered(ask('mac', 'two', 'claim', { scope: ['@any/2'] }))
    const parked = await answered<{ wait: string; state: string }>(ask('mac', 'three', 'wait', { what: ['@any/1', '@any/2'], park: true }))
    expect(parked.state).toBe('waiting')
    await answered(ask('mac', 'two', 'release', { what: ['@any/2'] }))
    expect(await answered(ask('mac', 'three', 'wait', { what: [parked.wait] }))).toMatchObject({ state: 'free', freed: [{ what: '@any/2', held_by: [{ holder: 'mac/two', how: 'released' }] }] })
    expect(errorOf((await ask('mac', 'three', 'wait', { what: [parked.wait] })).envelope).code).toBe('NO_SUCH_RECORD')
    await answered(ask('mac', 'one', 'release', { all: true }))
  })

  it('exits 1 at its time; a command that is killed leaves no wait behind; a daemon that ends leaves it to be resumed', async () => {
    await answered(ask('mac', 'one', 'claim', { scope: ['@held'] }))
    const late = await waiting('mac', 'two', ['@held'], { timeout_ms: 50 }).reply
    expect(late.exit).toBe(1)
    expect(errorOf(late.envelope)).toMatchObject({ code: 'TIMEOUT', details: { held_by: [{ holder: 'mac/one' }] } })

    const child = spawn(process.execPath, [BIN, 'wait', '@held'], { cwd: mesh.folder.path, stdio: 'ignore', env: { ...process.env, SKEIN_HOME: mesh.home('mac'), SKEIN_SESSION: 'killed' } })
    await eventually(() => status('mac', 'one'), ({ waits }) => waits.for_me.some(({ by }) => by === 'mac/killed'))
    child.kill('SIGKILL')
    await eventually(() => status('mac', 'one'), ({ waits }) => waits.for_me.length === 0)

    const left = waiting('mac', 'two', ['@held'])
    const { wait: token } = await left.began
    await mesh.down('mac')
    expect(errorOf((await left.reply).envelope)).toMatchObject({ code: 'NO_DAEMON', details: { wait: token } })
    await mesh.up('mac')
    const again = waiting('mac', 'two', [String(token)])
    await again.began
    await answered(ask('mac', 'one', 'release', { all: true }))
    expect((await again.reply).envelope).toMatchObject({ data: { state: 'free', wait: token } })
  })

  it('--inbox ends when something is addressed to the session', async () => {
    const wait = mesh.json('mac', ['wait', '--inbox', '--timeout', '60s'], { session: 'reader' })
    await eventually(() => answered<{ sessions: { session: string }[] }>(ask('mac', 'onlooker', 'sessions', { within_ms: null })), ({ sessions }) => sessions.some(({ session }) => session === 'reader'))
    await answered(ask('mac', 'writer', 'send', { to: 'mac/reader', kind: 'message', text: 'look' }))
    const { code, envelope } = await wait
    expect(code).toBe(0)
    expect(envelope.data).toMatchObject({ unread: 1, items: [{ kind: 'message', from: 'mac/writer' }] })
  })
})

describe('a deadlock over three hosts', () => {
  it('has one victim, the same on all, and everybody in it is told once what to do', async () => {
    const next = new Map([['mac', '@two'], ['box', '@three'], ['spark', '@one']])
    for (const [index, host] of HOSTS.entries()) await answered(ask(host, 'agent', 'claim', { scope: [['@one', '@two', '@three'][index]] }))
    for (const host of HOSTS) await eventually(() => answered<{ total: number }>(ask(host, 'onlooker', 'claims')), ({ total }) => total === 3)
    const waits = new Map<string, ReturnType<typeof waiting>>()
    for (const host of HOSTS) {
      const wait = waiting(host, 'agent', [next.get(host) ?? ''])
      await wait.began
      waits.set(host, wait)
    }
    // the last one that began is the victim, on every host, and its own command ends with that
    const ended = await waits.get('spark')?.reply
    if (ended === undefined) throw new Error('no wait')
    const told = errorOf(ended.envelope)
    expect(ended.exit).toBe(1)
    expect(told).toMatchObject({ code: 'DEADLOCK', details: { victim: 'spark/agent', release: [expect.stringMatching(/^c-/)] } })
    const [release] = told.details.release as string[]
    expect(told.message).toMatch(/^Deadlock: spark\/agent waits for @one \(c-\w+\) of mac\/agent, mac\/agent waits for @two \(c-\w+\) of box\/agent, and box\/agent waits for @three \(c-\w+\) of spark\/agent: none of them can go on\./)
    expect(told.message).toContain(`skein release ${release}, and then skein wait w-`)
    for (const host of HOSTS) {
      const { deadlocks } = await eventually(() => status(host), data => data.deadlocks.length === 1)
      expect(deadlocks).toMatchObject([{ victim: 'spark/agent', release: [release], mine: false, members: [{ session: 'spark/agent' }, { session: 'mac/agent' }, { session: 'box/agent' }] }])
    }
    for (const host of ['mac', 'box']) {
      const said = waits.get(host)?.said ?? []
      await eventually(async () => said.length, count => count === 2)
      expect(said[1]).toMatchObject({ warning: { code: 'DEADLOCK', details: { victim: 'spark/agent', release: [release] } } })
      expect(JSON.stringify(said[1])).toContain(`spark/agent began to wait last and is asked to give way by: skein release ${release}.`)
      // told once: no other command of the session says it again
      expect((await ask(host, 'agent', 'claims', { mine: true })).envelope).toMatchObject({ warnings: [] })
    }
    expect((await ask('spark', 'agent', 'claims', { mine: true })).envelope).toMatchObject({ warnings: [] })
    expect(await answered(ask('mac', 'onlooker', 'doctor'))).toMatchObject({ checks: expect.arrayContaining([expect.objectContaining({ name: 'waiting', state: 'note' })]) })

    await answered(ask('spark', 'agent', 'release', { what: [release] }))
    expect((await waits.get('box')?.reply)?.envelope).toMatchObject({ ok: true, data: { state: 'free' }, warnings: [expect.objectContaining({ code: 'DEADLOCK' })] })
    await answered(ask('box', 'agent', 'release', { all: true }))
    expect((await waits.get('mac')?.reply)?.exit).toBe(0)
    await answered(ask('mac', 'agent', 'release', { all: true }))
    for (const host of HOSTS) await eventually(() => status(host), data => data.deadlocks.length === 0)
  })

  it('by policy auto the host of the victim releases what the others wait for; its session is told once, and waits on', async () => {
    await mesh.must('mac', ['policy', 'set', 'deadlock', 'auto'])
    await eventually(() => answered<{ policies: unknown[] }>(ask('box', 'onlooker', 'policy-list')), ({ policies }) => policies.length === 1)
    for (const [host, scope] of [['mac', '@east'], ['box', '@west']] as const) await answered(ask(host, 'auto', 'claim', { scope: [scope] }))
    for (const host of ['mac', 'box']) await eventually(() => answered<{ total: number }>(ask(host, 'onlooker', 'claims')), ({ total }) => total === 2)
    const first = waiting('mac', 'auto', ['@west'])
    await first.began
    const second = waiting('box', 'auto', ['@east'])
    expect((await first.reply).envelope).toMatchObject({ data: { state: 'free', freed: [{ held_by: [{ holder: 'box/auto', how: 'released' }] }] } })
    expect(await answered(ask('box', 'auto', 'claims', { mine: true }))).toMatchObject({ total: 0 })
    await answered(ask('mac', 'auto', 'release', { all: true }))
    const { envelope } = await second.reply
    expect(envelope).toMatchObject({ data: { state: 'free' } })
    expect((envelope.ok ? envelope.warnings : []).filter(({ code }) => code === 'DEADLOCK_RELEASED')).toHaveLength(1)
    await mesh.must('mac', ['policy', 'clear', 'deadlock'])
  })
})
