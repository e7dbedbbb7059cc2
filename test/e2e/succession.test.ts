import { spawn, type ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processTable } from '../../src/control/caller/caller.js'
import { callHome } from '../../src/control/client.js'
import type { InboxData } from '../../src/control/operations/inbox.js'
import type { PendingData } from '../../src/control/operations/pending.js'
import { isAlive, readHolder } from '../../src/host/holder.js'
import { homePaths } from '../../src/host/home.js'
import { agentToken, type AgentProcess } from '../../src/host/session/evidence.js'
import { eventually } from '../support/cli.js'
import { makePair, type Pair } from '../support/pair.js'

let pair: Pair
const children: ChildProcess[] = []

beforeAll(async () => {
  pair = await makePair()
  await pair.ask('box', 'beside', 'repo', 'add')
}, 60_000)
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await pair.remove()
})

/** An agent on box with a process of its own. */
const startAgent = (tool: string, cwd = pair.tree('box')) => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  children.push(child)
  const pid = child.pid ?? 0
  const agent: AgentProcess = { tool, pid, startedAt: processTable().startTime(pid) ?? '' }
  const ask = async <Data>(op: string, args: Record<string, unknown> = {}): Promise<Data> => {
    const caller = { kind: 'agent', tool, token: agentToken(agent), found: 'a test', terminal: false, person: false, agents: [agent] } as const
    const { envelope } = await callHome({ op, args, caller: { ...caller, agents: [...caller.agents] }, cwd }, { home: pair.home('box') })
    if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`)
    return envelope.data as Data
  }
  const see = async (record: string): Promise<void> => {
    await eventually(() => ask<InboxData>('inbox'), ({ items }) => items.some(item => item.record === record))
    await ask('surfaced', { records: [record] })
  }
  return { child, ask, see, name: async () => (await ask<{ session: string }>('whoami')).session }
}

const stopDaemon = async (): Promise<void> => {
  const pid = readHolder(homePaths(pair.home('box')).holder)?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  await eventually(async () => isAlive(pid), alive => !alive)
}
const startDaemon = async (): Promise<void> => {
  const { code, stderr } = await pair.run('box', 'tester', ['up'])
  if (code !== 0) throw new Error(stderr)
}

const pendingOnMac = async (): Promise<string[]> => ((await pair.ask('mac', 'boss', 'pending')).envelope.data as PendingData).owed.map(({ delivery: { state, heir } }) => `${state}${heir === null ? '' : ` → ${heir}`}`)
const becomes = async (expected: string): Promise<void> => {
  await eventually(pendingOnMac, states => states.join() === expected, 20_000)
}

describe('what the sender sees when its recipient is killed at each stage', () => {
  it('never more than was put before somebody who is still there; and the right one in its place', async () => {
    const first = startAgent('claude')
    const one = await first.name()
    await first.ask('intent', { text: 'rewrite the login' })
    await eventually(() => pair.ask('mac', 'boss', 'log', '--kind', 'intent'), ({ stdout }) => stdout.includes(one))

    await stopDaemon()
    const sent = await pair.ask('mac', 'boss', 'send', `box/${one}`, 'stop here', '--ack')
    expect(sent.envelope.ok, sent.stdout).toBe(true)
    const record = String(sent.envelope.data.record)
    expect(await pendingOnMac()).toEqual(['written'])

    await startDaemon()
    await becomes('at-peer')
    await stopDaemon()
    expect(await pendingOnMac()).toEqual(['at-peer'])
    await startDaemon()
    // read, and killed before it was noted as shown
    await eventually(() => first.ask<InboxData>('inbox'), ({ items }) => items.some(item => item.record === record))
    expect(await pendingOnMac()).toEqual(['at-peer'])
    await first.see(record)
    await becomes('surfaced')
    await stopDaemon()
    expect(await pendingOnMac()).toEqual(['surfaced'])
    await startDaemon()
    expect((await first.ask<PendingData>('pending')).owe.map(each => each.record)).toEqual([record])

    first.child.kill('SIGKILL')
    await becomes('at-peer → box')

    // three sessions: one that was there before, one in another place, and the next one in that checkout
    const elsewhere = startAgent('codex', pair.folder)
    expect((await elsewhere.ask<PendingData>('pending')).owe.map(each => each.record)).toEqual([record])
    expect((await pair.ask('box', 'beside', 'pending')).envelope.data).toMatchObject({ owe: [{ record }] })
    const next = startAgent('claude')
    const two = await next.name()
    expect(two).not.toBe(one)
    expect((await next.ask<PendingData>('pending')).owe.map(each => each.record)).toEqual([record])
    await becomes(`at-peer → box/${two}`)
    expect((await elsewhere.ask<PendingData>('pending')).owe).toEqual([])
    await elsewhere.ask('surfaced', { records: [record] })
    await next.see(record)
    await becomes(`surfaced → box/${two}`)

    await next.ask('ack', { id: record })
    await becomes('')
    expect((await pair.ask('mac', 'boss', 'show', String(sent.envelope.data.id))).envelope.data).toMatchObject({ recipients: [{ state: 'acked', session: one, heir: null, by_session: two }] })
  }, 90_000)
})
