import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import { TlsIdentity } from '../../src/adapters/tls/identity.js'
import { websocketTransport } from '../../src/adapters/websocket/transport.js'
import { systemAdapters } from '../../src/control/assembly.js'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { DaemonData } from '../../src/control/operations/daemon.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import type { StatusData } from '../../src/control/operations/status.js'
import type { HostKey, MeshId, SessionName } from '../../src/core/brand.js'
import { decodeToken, encodeToken } from '../../src/core/coordination/membership/token.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/core/replication/message.js'
import { signProof } from '../../src/core/replication/handshake.js'
import { Host, type HostAdapters } from '../../src/host/host.js'
import { readHome } from '../../src/host/home.js'
import type { Connection } from '../../src/ports/transport.js'
import { Cleanup, clientFrame, closed, drained, openTcp, openTls, openUpgraded } from '../adapters/websocket/bench.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

type Hello = Extract<Message, { type: 'hello' }>

const mesh = new TestMesh()
const cleanup = new Cleanup()
const STRANGER = new Uint8Array(32).fill(9)

const homeOf = (name: string) => {
  const home = readHome(mesh.home(name))
  if (!home.ok) throw new Error(home.failure.message)
  return home.value
}
const keyOf = (name: string): HostKey => {
  const file: unknown = JSON.parse(readFileSync(`${mesh.home(name)}/host.key`, 'utf8'))
  return (typeof file === 'object' && file !== null && 'public' in file ? String(file.public) : '') as HostKey
}
const port = (): number => homeOf('a').settings.listen.port
const refusals = async (): Promise<StatusData['refusals']> => (await mesh.ask<StatusData>('a', 'status')).refusals
const countOf = async (code: string): Promise<number> => (await refusals()).filter(refusal => refusal.code === code).reduce((sum, { count }) => sum + count, 0)
const viewOf = async (): Promise<number> => (await mesh.ask<StatusData>('a', 'status')).records

/** A channel to a that speaks messages, over the real transport. */
class Channel {
  readonly said: Message[] = []
  closedWith: string | null = null

  constructor(readonly connection: Connection) {
    connection.start({
      message: bytes => {
        const message = decodeMessage(bytes)
        if (message.ok) this.said.push(message.value)
      },
      drained: () => undefined,
      closed: reason => {
        this.closedWith = reason
      }
    })
  }

  send(message: Message): void {
    this.connection.send(encodeMessage(message))
  }

  async hears<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    const found = await eventually(async () => this.said.find(message => message.type === type), message => message !== undefined)
    if (found?.type !== type) throw new Error('not heard')
    return found as Extract<Message, { type: Type }>
  }
}

const channel = async (): Promise<Channel> => {
  const transport = websocketTransport({ tls: new TlsIdentity(STRANGER), allowInsecure: false })
  const dialled = await transport.dial({ url: `wss://127.0.0.1:${port()}`, label: 'local' }, { pin: null, timeoutMs: 5_000 })
  if (!dialled.ok) throw new Error(dialled.failure.text)
  return cleanup.after(new Channel(dialled.connection), each => each.connection.close('the test is over'))
}

const helloOf = (seed: Uint8Array, change: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  generation: 1,
  minor: 0,
  mesh: homeOf('a').settings.mesh as MeshId,
  key: toHex(nodeSigner(seed).publicKey) as HostKey,
  nonce: new Uint8Array(32).fill(5),
  wall: Date.now(),
  ...change
})

interface Oddity {
  readonly aheadMs?: number
  readonly minor?: number
  readonly sent?: (bytes: Uint8Array) => void
  readonly dialled?: (connection: Connection) => void
}

/** The adapters of a host whose clock is wrong, or that says more in its hello than this version does. */
const oddAdapters = ({ aheadMs = 0, minor = 0, sent = () => undefined, dialled: met = () => undefined }: Oddity): HostAdapters => {
  const honest = systemAdapters()
  const speak = (bytes: Uint8Array): Uint8Array => {
    const message = decodeMessage(bytes)
    if (!message.ok || message.value.type !== 'hello' || minor === 0) return bytes
    // a later minor may have put more behind it
    return Buffer.concat([encodeMessage({ ...message.value, minor }), Buffer.from('and more')])
  }
  return {
    ...honest,
    clock: { ...honest.clock, now: () => ({ ...honest.clock.now(), wall: honest.clock.now().wall + aheadMs }) },
    transport: async (folder, allowInsecure) => {
      const made = await honest.transport(folder, allowInsecure)
      if (!made.ok) return made
      return {
        ok: true,
        value: {
          listen: made.value.listen,
          dial: async (address, options) => {
            const dialled = await made.value.dial(address, options)
            if (!dialled.ok) return dialled
            met(dialled.connection)
            const connection = new Proxy(dialled.connection, {
              get: (target, name) => {
                if (name === 'send')
                  return (bytes: Uint8Array) => {
                    sent(bytes)
                    target.send(speak(bytes))
                  }
                const value: unknown = Reflect.get(target, name)
                return typeof value === 'function' ? value.bind(target) : value
              }
            })
            return { ok: true, connection }
          }
        }
      }
    }
  }
}

/** A member of the mesh in this process, dialling a. */
const member = async (name: string, odd: Oddity): Promise<Host> => {
  const host = await Host.open(mesh.home(name), oddAdapters(odd), { what: 'test', daemon: false })
  if (!host.ok) throw new Error(host.failure.message)
  cleanup.after(host.value, each => each.stop())
  const network = await host.value.connect({ listen: false })
  if (!network.ok) throw new Error(network.failure.message)
  host.value.refreshTargets()
  return host.value
}

let silent: Channel

beforeAll(async () => {
  await mesh.found('a')
  await mesh.up('a')
  await mesh.join('m', await mesh.invite('a'))
  silent = await channel()
}, 60_000)

afterAll(async () => {
  await cleanup.run()
  await mesh.end()
})

describe('a stranger at the door is refused by name and counted, and nothing it says is taken in', () => {
  it.each([
    ['another mesh', { mesh: 'ef'.repeat(32) as MeshId }, 'MESH_ID_MISMATCH'],
    ['another generation', { generation: 2 }, 'GENERATION_UNSUPPORTED']
  ] as const)('%s', async (_, change, code) => {
    const [records, before] = [await viewOf(), await countOf(code)]
    const stranger = await channel()
    stranger.send(helloOf(STRANGER, change))
    expect(await stranger.hears('refuse')).toMatchObject({ code })
    await eventually(async () => stranger.closedWith, reason => reason !== null)
    expect(await countOf(code)).toBe(before + 1)
    expect(await viewOf()).toBe(records)
    recordCase(58, { test: `e2e/hostile: ${code}`, runs: 1, worst: (await viewOf()) - records, limit: 0, unit: 'records' })
  })

  it('a key that the roster does not hold, before anything else it sends is read', async () => {
    const records = await viewOf()
    const stranger = await channel()
    const own = helloOf(STRANGER)
    stranger.send(own)
    const theirs = await stranger.hears('hello')
    const meeting = { mesh: own.mesh, side: 'dialled', ownKey: own.key, ownNonce: own.nonce, binding: stranger.connection.binding } as const
    stranger.send({ type: 'proof', signature: signProof(nodeSigner(STRANGER), meeting, theirs), wall: Date.now(), joining: null, acts: [] })
    stranger.send({ type: 'push', frame: new Uint8Array(300).fill(1) })
    expect(await stranger.hears('refuse')).toMatchObject({ code: 'NOT_ADMITTED' })
    expect(await viewOf()).toBe(records)
    expect((await refusals()).some(({ code }) => code === 'FRAME_MALFORMED')).toBe(false)
  })

  it('a key that is not its own', async () => {
    const stranger = await channel()
    const key = keyOf('m')
    const own = helloOf(STRANGER, { key })
    stranger.send(own)
    const hello = await stranger.hears('hello')
    const meeting = { mesh: own.mesh, side: 'dialled', ownKey: key, ownNonce: own.nonce, binding: stranger.connection.binding } as const
    stranger.send({ type: 'proof', signature: signProof(nodeSigner(STRANGER), meeting, hello), wall: Date.now(), joining: null, acts: [] })
    expect(await stranger.hears('refuse')).toMatchObject({ code: 'HANDSHAKE_INVALID' })
    const { peers } = await mesh.ask<PeersData>('a', 'peers')
    recordCase(51, { test: 'e2e/hostile', runs: 1, worst: peers.filter(({ name, state }) => name === 'm' && state === 'linked').length, limit: 0, unit: 'believed' })
  })

  it('a handshake that was overheard on another channel', async () => {
    const overheard: Uint8Array[] = []
    const host = await member('m', { sent: bytes => overheard.push(bytes) })
    await mesh.sees('a', 'm', 'linked')
    await host.stop()
    await mesh.sees('a', 'm', 'away')
    const [hello, proof] = overheard
    if (hello === undefined || proof === undefined) throw new Error('nothing overheard')
    const before = await countOf('HANDSHAKE_INVALID')
    const replay = await channel()
    replay.connection.send(hello)
    await replay.hears('hello')
    replay.connection.send(proof)
    expect(await replay.hears('refuse')).toMatchObject({ code: 'HANDSHAKE_INVALID' })
    expect(await countOf('HANDSHAKE_INVALID')).toBe(before + 1)
    expect((await mesh.ask<PeersData>('a', 'peers')).peers.find(({ name }) => name === 'm')?.state).toBe('away')
  })

  it('a proof before a hello, and bytes that are no message', async () => {
    const early = await channel()
    early.send({ type: 'proof', signature: new Uint8Array(64), wall: 0, joining: null, acts: [] })
    expect(await early.hears('refuse')).toMatchObject({ code: 'HANDSHAKE_INVALID' })
    const garbage = await channel()
    garbage.connection.send(new Uint8Array([250, 1, 2, 3]))
    expect(await garbage.hears('refuse')).toMatchObject({ code: 'MESSAGE_MALFORMED' })
  })

  it('one that never proves itself', async () => {
    expect(await silent.hears('refuse')).toMatchObject({ code: 'HANDSHAKE_TIMEOUT' })
    expect(await countOf('HANDSHAKE_TIMEOUT')).toBeGreaterThan(0)
  })
})

describe('bytes without end or sense on the link', () => {
  const flood = async (write: (chunk: Buffer) => boolean, ended: () => boolean, wait: () => Promise<void>): Promise<void> => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    for (let sent = 0; sent < 100 && !ended(); sent++) if (!write(chunk)) await wait()
  }

  it('are put up with: the daemon answers, no memory is kept, and members still link', async () => {
    const pid = (await mesh.ask<DaemonData>('a', 'daemon')).pid ?? 0
    const tcp = await openTcp(cleanup, port())
    await flood(chunk => tcp.write(chunk), () => tcp.destroyed, () => drained(tcp))
    await closed(tcp)
    const tls = await openTls(cleanup, port())
    await flood(chunk => tls.write(chunk), () => tls.destroyed, () => drained(tls))
    await closed(tls)
    const upgraded = await openUpgraded(cleanup, port())
    const frame = clientFrame(2, Buffer.alloc(60_000, 'x'))
    await flood(() => upgraded.write(frame), () => upgraded.destroyed, () => drained(upgraded))
    upgraded.destroy()
    expect((await mesh.ask<DaemonData>('a', 'daemon')).pid).toBe(pid)
    if (existsSync(`/proc/${pid}/status`)) expect(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])).toBeLessThan(300_000)
  }, 60_000)

  it('end the link of a member that sends them, and of no other', async () => {
    await mesh.join('n', await mesh.invite('a'))
    await mesh.up('n')
    await mesh.sees('a', 'n', 'linked')
    const dialled: Connection[] = []
    const host = await member('m', { dialled: connection => dialled.push(connection) })
    await mesh.sees('a', 'm', 'linked')
    const lost = host.runtime.waitFor(event => event.type === 'unlinked', 20_000)
    for (const connection of dialled) connection.send(new Uint8Array(100 * 1024 * 1024))
    expect((await lost)?.type).toBe('unlinked')
    await host.stop()
    expect((await mesh.ask<PeersData>('a', 'peers')).peers.find(({ name }) => name === 'n')?.state).toBe('linked')
    await mesh.down('n')
  }, 60_000)
})

describe('a member', () => {
  it('of a newer minor is linked, named, and understood', async () => {
    const host = await member('m', { minor: 7 })
    expect(await mesh.sees('a', 'm', 'linked')).toMatchObject({ protocol: '1.7' })
    const written = await host.write('odd' as SessionName, [{ kind: 'note', fields: { text: 'from a later version' } }])
    expect(written.ok).toBe(true)
    await eventually(() => mesh.ask<PeersData>('a', 'peers'), ({ peers }) => peers.find(({ name }) => name === 'm')?.heads.at(-1)?.seq === host.replica.heads().filter(head => head.author.startsWith(host.replica.key)).flatMap(head => (head.state === 'held' ? [head.seq] : [])).at(-1))
    await host.stop()
  })

  it('whose clock is six minutes ahead is linked, its skew is shown, and its claims are no older or newer than they are', async () => {
    // among two hosts nobody can tell whose clock is wrong: they meet half-way
    await mesh.up('n')
    await mesh.sees('a', 'n', 'linked')
    const host = await member('m', { aheadMs: 6 * 60_000 })
    const peer = await mesh.sees('a', 'm', 'linked')
    await mesh.sees('n', 'm', 'linked')
    await eventually(async () => host.replica.offsetMs, offset => offset > 5.9 * 60_000)
    expect(peer.skew_ms).toBeGreaterThan(5.9 * 60_000)
    expect(peer.skew_ms).toBeLessThan(6.1 * 60_000)
    expect((await mesh.must('a', ['peers'])).stdout).toMatch(/clock 6 min ahead/)
    const until = host.meshNow() + 1_800_000
    const written = await host.write('odd' as SessionName, [{ kind: 'claim', fields: { scope: ['@skewed'], mode: 'exclusive', until } }])
    expect(written.ok ? null : written.failure).toBeNull()
    const { claims } = await eventually(() => mesh.ask<ClaimsData>('a', 'claims'), data => data.claims.some(({ scope }) => scope.includes('@skewed')))
    const [claim] = claims.filter(({ scope }) => scope.includes('@skewed'))
    expect(claim?.state).toBe('live')
    expect(Math.abs(Date.parse(claim?.since ?? '') - Date.now())).toBeLessThan(30_000)
    await host.stop()
    await mesh.down('n')
  })
})

describe('a joiner that is one too many', () => {
  it('is held back when the hosts that let each in meet: in no view, and named among the peers', async () => {
    await mesh.up('m')
    await mesh.sees('a', 'm', 'linked')
    const token = await mesh.invite('a')
    const decoded = decodeToken(nodeCrypto, token)
    if (!decoded.ok) throw new Error(decoded.failure.message)
    await mesh.must('m', ['sync'])
    await mesh.down('a')
    const twin = encodeToken(nodeCrypto, { ...decoded.value, host: keyOf('m'), hostName: 'm', addresses: [{ url: `wss://127.0.0.1:${homeOf('m').settings.listen.port}`, label: 'local' }] })
    if (!twin.ok) throw new Error(twin.failure.message)
    await mesh.join('x', twin.value)
    await mesh.must('x', ['claim', '@by-x'])
    await mesh.must('x', ['sync'])
    await mesh.down('m')
    await mesh.up('a')
    await mesh.join('y', token)
    await mesh.must('y', ['claim', '@by-y'])
    await mesh.must('y', ['sync'])
    await mesh.up('m')
    const met = await eventually(() => mesh.ask<PeersData>('a', 'peers'), data => data.peers.some(({ state }) => state === 'held-back'), 20_000)
    const back = met.peers.find(({ state }) => state === 'held-back')
    const [stands, waits] = back?.name.startsWith('x') === true ? ['y', 'x'] : ['x', 'y']
    expect(back?.name).toMatch(new RegExp(`^${waits}-[0-9a-z]{8}$`))
    for (const name of ['a', 'm']) {
      const { claims } = await eventually(() => mesh.ask<ClaimsData>(name, 'claims'), data => data.claims.some(({ scope }) => scope.includes(`@by-${stands}`)))
      expect(claims.some(({ scope }) => scope.includes(`@by-${waits}`))).toBe(false)
    }
    expect((await mesh.must('a', ['peers'])).stdout).toMatch(new RegExp(`^${back?.name ?? ''} .*held back`, 'm'))
    const decide = [`skein invite --admit ${back?.name ?? ''}`, `skein revoke ${back?.name ?? ''}`]
    expect(back?.decide).toEqual(decide)
    for (const command of ['peers', 'status']) expect((await mesh.must('a', [command])).stdout).toContain(`${back?.name ?? ''} waits for an operator: ${decide.join(' or ')}`)
    await mesh.must('a', (decide[0] ?? '').split(' ').slice(1))
    for (const name of ['a', 'm']) await eventually(() => mesh.ask<PeersData>(name, 'peers'), data => !data.peers.some(({ state }) => state === 'held-back') && data.peers.some(peer => peer.name === waits))
    expect((await mesh.must('a', ['peers'])).stdout).not.toContain('waits for an operator')
  }, 90_000)
})
