import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { processTable } from '../../../src/control/caller/caller.js'
import { dispatch } from '../../../src/control/dispatch.js'
import type { InboxData } from '../../../src/control/operations/inbox.js'
import type { PendingData } from '../../../src/control/operations/pending.js'
import type { SessionsData } from '../../../src/control/operations/sessions.js'
import { agentToken, type AgentProcess, type Evidence } from '../../../src/host/session/evidence.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const folder = temporaryFolder()
const app = join(folder.path, 'app')
let mac: Desk
const children: ChildProcess[] = []

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(app))
  await mac.run('person', ['repo', 'add'])
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

/** An agent with a process of its own, which can be killed. */
class Agent {
  private constructor(readonly child: ChildProcess, readonly process: AgentProcess) {}

  static start(tool = 'claude'): Agent {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' })
    children.push(child)
    const pid = child.pid ?? 0
    return new Agent(child, { tool, pid, startedAt: processTable().startTime(pid) ?? '' })
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }

  get evidence(): Evidence {
    return { kind: 'agent', tool: this.process.tool, token: agentToken(this.process), found: 'a test', terminal: false, person: false, agents: [this.process] }
  }

  async ask<Data>(op: string, args: Record<string, unknown> = {}, cwd = app): Promise<{ data: Data; warnings: readonly { code: string; text: string }[] }> {
    const { envelope } = await dispatch(mac.host, { op, args, caller: this.evidence, cwd })
    if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`)
    return { data: envelope.data as Data, warnings: envelope.warnings }
  }

  async name(): Promise<string> {
    return (await this.ask<{ session: string }>('whoami')).data.session
  }
}

const owed = async (session: string) => ((await mac.run(session, ['pending'])).envelope.data as PendingData).owed.map(({ id, delivery: { state, session: to, heir } }) => ({ id, state, to, heir }))

describe('an agent whose process dies', () => {
  it('leaves what failed, its plan, what is uncommitted and what it owes to the next one in its checkout, told once', async () => {
    const first = Agent.start()
    const name = await first.name()
    await first.ask('intent', { text: 'rewrite the login flow' })
    await first.ask('sessions-note', { failure: `long log\nDB_PASSWORD=hunter2 expected 200, got 401`, transcript: '/tmp/t.jsonl' })
    writeFileSync(join(app, 'src/auth/login.ts'), 'export const changed = true\n')
    const { id } = (await mac.run('boss', ['send', `mac/${name}`, 'stop here', '--ack'])).envelope.data
    expect(await owed('boss')).toEqual([{ id, state: 'at-peer', to: name, heir: null }])
    await first.kill()

    // who was there before and an agent elsewhere take nothing over; the sender is told that it is for any session of the host now
    expect(await owed('boss')).toEqual([{ id, state: 'at-peer', to: name, heir: 'mac' }])
    const elsewhere = Agent.start()
    await elsewhere.ask('inbox', {}, folder.path)
    expect((await owed('boss'))[0]?.heir).toBe('mac')
    const { envelope: looked } = await dispatch(mac.host, { op: 'inbox', args: {}, caller: { kind: 'terminal', tool: 'term', token: 'terminal:1:1', found: 'a test', terminal: true, person: true, agents: [] }, cwd: app })
    expect(looked.ok && looked.warnings.map(({ code }) => code)).toEqual([])

    const next = Agent.start('codex')
    const { warnings, data } = await next.ask<InboxData>('inbox')
    const [told, ...more] = warnings.filter(({ code }) => code === 'HANDOFF')
    expect(more).toEqual([])
    expect(told?.text).toContain(`mac/${name} died 0 s ago in this checkout; you come after it. What failed last: "long log`)
    expect(told?.text).toContain('expected 200, got 401')
    expect(told?.text).toContain('It was about to: "rewrite the login flow". Uncommitted here: src/auth/login.ts. Its transcript: "/tmp/t.jsonl". One still waits for its answer, now yours: skein inbox.')
    expect(told?.text).not.toContain('hunter2')
    expect(data.items.map(({ kind, unread, answer }) => ({ kind, unread, answer }))).toEqual([{ kind: 'message', unread: true, answer: 'wanted' }, { kind: 'handoff', unread: true, answer: null }])
    expect(data.owed).toBe(1)
    const codex = await next.name()
    expect(await owed('boss')).toEqual([{ id, state: 'at-peer', to: name, heir: `mac/${codex}` }])

    expect((await next.ask('inbox')).warnings.filter(({ code }) => code === 'HANDOFF')).toEqual([])
    await next.ask('surfaced', { records: data.items.map(({ record }) => record) })
    expect((await owed('boss'))[0]?.state).toBe('surfaced')
    const { sessions } = (await mac.run('boss', ['sessions'])).envelope.data as SessionsData
    expect(sessions.find(({ session }) => session === name)).toMatchObject({ heir: `mac/${codex}` })
    await next.ask('ack', { id })
    expect(await owed('boss')).toEqual([])
    const [handoff] = mac.host.replica.view.ofKind('handoff')
    expect(handoff?.text).not.toContain('hunter2')
  })

  it('that nobody knew of and that left nothing writes nothing', async () => {
    const quiet = Agent.start()
    const name = await quiet.name()
    await quiet.kill()
    await mac.run('boss', ['pending'])
    expect([...mac.host.replica.view.records()].filter(({ session }) => session === name)).toEqual([])
    expect(mac.host.sessions.gone()).toEqual([])
  })
})

describe('a session that is ended by hand', () => {
  it('is back with its next command, and has again what was sent to it', async () => {
    await mac.run('one', ['intent', 'tidy up'])
    const { id } = (await mac.run('boss', ['send', 'mac/one', 'a word', '--ack'])).envelope.data
    expect((await mac.run('one', ['sessions', 'end', '--failure', 'it broke'])).text).toContain('mac/one has ended and leaves')
    expect(await owed('boss')).toMatchObject([{ id, heir: 'mac' }])
    expect((await mac.run('one', ['sessions', 'end'])).text).toBe('one leaves nothing')
    const told = await mac.run('two', ['pending'])
    expect(told.envelope.warnings.map(({ code }) => code)).toContain('HANDOFF')
    expect(await owed('boss')).toMatchObject([{ id, heir: 'mac/two' }])
    await mac.run('one', ['pending'])
    expect(await owed('boss')).toMatchObject([{ id, to: 'one', heir: null }])
    await mac.run('one', ['ack', String(id)])
  })

  it('may be another of this host, unless its agent runs', async () => {
    expect((await mac.run('boss', ['sessions', 'end', 'twoo'])).envelope).toMatchObject({ ok: false, error: { code: 'NO_SUCH_SESSION' }, next: ['skein sessions end two'] })
    const agent = Agent.start()
    const name = await agent.name()
    expect((await mac.run('boss', ['sessions', 'end', name])).envelope).toMatchObject({ ok: false, error: { code: 'FIELD_INVALID', field: 'session' } })
    expect((await mac.run('boss', ['sessions', 'end', 'two'])).code).toBe(0)
  })

  it('keeps what failed until it was mended', async () => {
    expect((await mac.run('three', ['sessions', 'note', '--failure', 'red'])).envelope.data).toMatchObject({ failure: 'red', root: null })
    expect((await mac.run('three', ['sessions', 'note', '--transcript', '/t'])).envelope.data).toMatchObject({ failure: 'red', transcript: '/t' })
    expect((await mac.run('three', ['sessions', 'note', '--failure', ' '])).envelope.data).toMatchObject({ failure: null, transcript: '/t' })
    expect((await mac.run('three', ['sessions', 'note', '--transcript', 'a\u001bb'])).envelope).toMatchObject({ ok: false, error: { field: 'transcript' } })
  })
})
