import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import type { SessionsData } from '../../src/control/operations/sessions.js'
import type { SyncData } from '../../src/control/operations/sync.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()

const dataOf = async <Data>(name: string, args: readonly string[]): Promise<Data & { readonly exit: number | null }> => {
  const { code, envelope } = await mesh.json(name, args)
  return { ...(envelope.data as Data), exit: code }
}
const scopes = ({ claims }: ClaimsData): string[] => claims.flatMap(({ scope }) => scope).sort()

/** What `status --json` says apart from times, and from what only a daemon has: its process and its links. */
const standing = async (name: string): Promise<unknown> => {
  const { envelope } = await mesh.json(name, ['status'])
  const drop = new Set(['daemon', 'heard', 'heard_ms', 'since', 'posture', 'skew_ms', 'oldest_ms', 'ms', 'as_of', 'clock', 'state', 'refusals', 'free_bytes'])
  return JSON.parse(JSON.stringify({ data: envelope.data, view: envelope.freshness.view_hash }, (key, value: unknown) => (drop.has(key) ? undefined : value)))
}

beforeAll(async () => {
  await mesh.found('a')
  await mesh.up('a')
  await mesh.join('b', await mesh.invite('a'))
}, 60_000)

afterAll(() => mesh.end())

describe('sync', () => {
  it('without a daemon: dials, exchanges until level, and says so for each host', async () => {
    await mesh.must('b', ['claim', '@from-b'])
    expect(scopes(await mesh.ask<ClaimsData>('a', 'claims'))).toEqual([])
    await mesh.must('a', ['claim', '@from-a'])
    const { stdout } = await mesh.must('b', ['sync'])
    expect(stdout).toMatch(/^a +linked \(tls-pinned, \d+ ms\) +1 record received +views equal$/m)
    expect(scopes(await dataOf<ClaimsData>('b', ['claims']))).toEqual(['@from-a', '@from-b'])
    expect(scopes(await mesh.ask<ClaimsData>('a', 'claims'))).toEqual(['@from-a', '@from-b'])
    expect((await mesh.sees('a', 'b', 'away')).state).toBe('away')
  })

  it('then says the same as with a daemon, apart from times and links', async () => {
    const without = await standing('b')
    await mesh.up('b')
    await mesh.sees('b', 'a', 'linked')
    expect(await standing('b')).toEqual(without)
  })

  it('with a daemon: it is asked to dial now, and the command returns when both are level', async () => {
    const { exit, peers, by_daemon } = await dataOf<SyncData>('b', ['sync'])
    expect([exit, by_daemon]).toEqual([0, true])
    expect(peers).toMatchObject([{ host: 'a', state: 'level', posture: 'tls-pinned', views_equal: true, received: 0 }])
  })

  it('is no where nobody was reached, and names each address and its cause', async () => {
    await mesh.down('b')
    await mesh.kill('a')
    const { exit, peers } = await dataOf<SyncData>('b', ['sync'])
    expect([exit, peers.length]).toEqual([1, 1])
    expect(peers[0]).toMatchObject({ host: 'a', state: 'failed', failures: [{ code: 'UNREACHABLE' }] })
    expect((await mesh.run('b', ['sync'])).stdout).toMatch(/^a +not reached$/m)
    await mesh.must('lone', ['init', '--name', 'lone', '--no-passphrase', '--listen', '127.0.0.1:0'])
    const alone = await mesh.run('lone', ['sync'])
    expect([alone.code, alone.stdout]).toEqual([1, 'nobody to dial: no other host has joined, or none has told an address\n'])
  })
})

describe('peers', () => {
  it('tells away from unreachable, also after a restart, until the host is heard again', async () => {
    await mesh.up('a')
    await mesh.up('b')
    await mesh.sees('a', 'b', 'linked')
    await mesh.down('b')
    await mesh.sees('a', 'b', 'away')
    await mesh.kill('a')
    expect((await dataOf<PeersData>('a', ['peers'])).peers.find(({ name }) => name === 'b')?.state).toBe('away')
    await mesh.up('a')
    expect((await mesh.ask<PeersData>('a', 'peers')).peers.find(({ name }) => name === 'b')?.state).toBe('away')
    await mesh.up('b')
    await mesh.sees('a', 'b', 'linked')
    await mesh.kill('b')
    await mesh.sees('a', 'b', 'unreachable')
  })

  it('finds a host again whose address moved, by whichever side still knows the other', async () => {
    await mesh.up('b', ['--listen', '127.0.0.1:0'])
    const moved = await mesh.sees('a', 'b', 'linked')
    const { listening } = await mesh.ask<PeersData>('b', 'peers')
    await eventually(() => mesh.ask<PeersData>('a', 'peers'), ({ addresses }) => addresses.filter(({ host }) => host === 'b').map(({ url }) => url).join() === `wss://${listening ?? ''}`)
    expect(moved.dialled_by).toBe('them')
    // the next time the old address leads nowhere, and a dials the new one
    await mesh.kill('b')
    await mesh.sees('a', 'b', 'unreachable')
    await mesh.up('b')
    await mesh.sees('a', 'b', 'linked')
  })

  it('dials what was added by hand, and no longer what was removed', async () => {
    const { url, label } = await dataOf<{ url: string; label: string }>('a', ['peers', 'add', '127.0.0.1:1'])
    expect([url, label]).toEqual(['wss://127.0.0.1:1', 'local'])
    const failing = await eventually(() => mesh.ask<PeersData>('a', 'peers').then(data => data.addresses.find(each => each.url === url)), each => (each?.failures ?? 0) > 0)
    expect(failing).toMatchObject({ by_hand: true, host: null, last_failure: expect.stringContaining('127.0.0.1:1') })
    const { stdout } = await mesh.must('a', ['peers'])
    expect(stdout).toContain('added by hand')
    for (const line of stdout.split('\n')) if (!line.startsWith(' ')) expect(line.length).toBeLessThanOrEqual(80)
    await mesh.must('a', ['peers', 'remove', '127.0.0.1:1'])
    expect((await mesh.ask<PeersData>('a', 'peers')).addresses.some(each => each.url === url)).toBe(false)
    const gone = await mesh.json('a', ['peers', 'remove', '127.0.0.1:1'])
    expect([gone.code, gone.envelope.error.code]).toEqual([3, 'NO_SUCH_HOST'])
  })

  it.each([
    [['peers', 'add', 'ws://box.example:4747', '--label', 'cloud'], 4, 'LINK_INSECURE'],
    [['peers', 'add', 'box.example:99999'], 2, 'FIELD_INVALID'],
    [['peers', 'add', 'box.example', '--host', 'bbb'], 3, 'NO_SUCH_HOST'],
    [['peers', 'add', 'box.example', '--label', 'no label'], 2, 'FIELD_INVALID'],
    [['invite', '--via', 'c'], 3, 'NO_SUCH_HOST'],
    [['invite', '--uses', '65'], 2, 'FIELD_INVALID'],
    [['invite', '--role', 'no role'], 2, 'FIELD_INVALID'],
    [['invite', '--for', 'soon'], 2, 'FIELD_INVALID'],
    [['invite', '--dial', 'ftp://box'], 2, 'FIELD_INVALID']
  ])('%s is refused by name', async (args, exit, code) => {
    const { envelope, code: exited } = await mesh.json('a', args)
    expect([exited, envelope.ok ? 'ok' : envelope.error.code]).toEqual([exit, code])
  })
})

describe('sessions', () => {
  it('are those of all hosts, with their claims, and say which one asks', async () => {
    const { sessions } = await dataOf<SessionsData>('b', ['sessions'])
    const named = sessions.map(({ host, session, mine, live_claims }) => [`${host}/${session}`, mine, live_claims])
    expect(named).toContainEqual(['b/b-1', true, 1])
    expect(named).toContainEqual(['a/a-1', false, 1])
    expect(sessions.find(({ session }) => session === 'a-1')).toMatchObject({ tool: 'named', last_seen: null })
    expect(sessions.find(({ session }) => session === 'a-1')?.heard_ms).toBeLessThan(60_000)
  })
})

describe('leave', () => {
  it('asks first, and does nothing without an answer', async () => {
    const { code, envelope } = await mesh.json('b', ['leave'])
    expect([code, envelope.error.code, envelope.error.field, envelope.next]).toEqual([2, 'FIELD_MISSING', '--yes', ['skein leave --yes']])
    expect((await mesh.ask<PeersData>('b', 'peers')).peers[0]?.state).toBe('here')
  })

  it('releases what the host held, tells the others, and stops the daemon', async () => {
    const { stdout } = await mesh.must('b', ['leave', '--yes'])
    expect(stdout).toBe('b has left mesh work for good · 1 claim released · told a\n')
    expect(mesh.pidOf('b')).toBeNull()
    await mesh.sees('a', 'b', 'left')
    expect(scopes(await mesh.ask<ClaimsData>('a', 'claims'))).toEqual(['@from-a'])
  })

  it('is final: whatever writes says so, and what is held can still be read', async () => {
    for (const args of [['claim', '@again'], ['up'], ['send', 'a', 'hello']]) {
      const { code, envelope } = await mesh.json('b', args)
      expect([args[0], code, envelope.ok ? 'ok' : envelope.error.code]).toEqual([args[0], 4, 'HOST_LEFT'])
    }
    expect(scopes(await dataOf<ClaimsData>('b', ['claims']))).toEqual(['@from-a'])
    const { stdout } = await mesh.must('b', ['leave', '--yes'])
    expect(stdout).toMatch(/^b had left mesh work before/)
    const via = await mesh.json('a', ['invite', '--via', 'b'])
    expect([via.code, via.envelope.error.code]).toEqual([4, 'HOST_LEFT'])
  })

  it('a machine whose host left may join again, with another home', async () => {
    const { code, envelope } = await mesh.json('b', ['join', await mesh.invite('a'), '--name', 'b2', '--listen', '127.0.0.1:0'])
    expect([code, envelope.data.home]).toEqual([0, mesh.home('b-work')])
    expect((await dataOf<PeersData>('a', ['peers'])).peers.map(({ name, state }) => `${name} ${state}`)).toEqual(['a here', 'b left', expect.stringMatching(/^b2 /)])
  })

  it('with nobody in reach is told later, by sync', async () => {
    await mesh.down('a')
    await mesh.must('b-work', ['claim', '@late'])
    const left = await mesh.json('b-work', ['leave', '--yes'])
    expect([left.code, left.envelope.data.told]).toEqual([0, []])
    expect(left.envelope.warnings.map(({ code }) => code)).toEqual(['NOBODY_TOLD'])
    await mesh.up('a')
    await mesh.must('b-work', ['sync'])
    await mesh.sees('a', 'b2', 'left')
    expect(scopes(await mesh.ask<ClaimsData>('a', 'claims'))).toEqual(['@from-a'])
  })
})
