import { TLSSocket, connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import { MemoryContent, MemoryStore } from '../../src/adapters/memory/store.js'
import { MemoryWitness } from '../../src/adapters/memory/witness.js'
import { systemClock } from '../../src/adapters/system/clock.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import { TlsIdentity } from '../../src/adapters/tls/identity.js'
import { PATH, SUBPROTOCOL, bindingOf } from '../../src/adapters/websocket/options.js'
import { websocketTransport } from '../../src/adapters/websocket/transport.js'
import type { ActId, HostKey, SessionName } from '../../src/core/brand.js'
import { writeAct } from '../../src/core/coordination/membership/act.js'
import type { InvitationKey } from '../../src/core/coordination/membership/body.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { proveJoining } from '../../src/core/coordination/membership/joining.js'
import { GENERATION } from '../../src/core/domain.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { LIMITS } from '../../src/core/limits.js'
import { Replica } from '../../src/core/replica/replica.js'
import { signProof } from '../../src/core/replication/handshake.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/core/replication/message.js'
import type { Result } from '../../src/core/result.js'
import { Runtime } from '../../src/host/runtime.js'
import type { Listener } from '../../src/ports/transport.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'

const seed = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const [operator, host, invitation, member] = [1, 2, 3, 4].map(fill => nodeSigner(seed(fill)))
if (operator === undefined || host === undefined || invitation === undefined || member === undefined) throw new Error('no keys')

const valueOf = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(result.failure.message)
  return result.value
}

const wall = Date.now()
const genesis = valueOf(foundMesh(nodeCrypto, { name: 'work', hostName: 'a', role: 'worker', stamp: { wall, count: 0 } }, operator, host))
const { mesh } = genesis
const content = new MemoryContent()
content.acts.set(mesh as string as ActId, genesis.bytes)
const runtime = new Runtime({ replica: new Replica({ crypto: nodeCrypto, mesh, signer: host }), store: new MemoryStore(content), clock: systemClock, random: systemRandom, witness: new MemoryWitness() })
let listener: Listener

beforeAll(async () => {
  await runtime.load({ place: new Map(), remade: false })
  const body = { key: toHex(invitation.publicKey) as InvitationKey, role: 'worker', uses: 8, expires: wall + 3_600_000, ephemeral: false }
  await runtime.submitAct(valueOf(writeAct({ mesh, stamp: { wall, count: 1 }, seen: [], content: { kind: 'invite', body } }, operator)))
  for (let count = 0; count < 50; count++) valueOf(await runtime.write('s' as SessionName, [{ kind: 'note', fields: { text: `${count} ${'x'.repeat(LIMITS.textChars - 10)}` } }]))
  listener = await websocketTransport({ tls: new TlsIdentity(seed(2)), allowInsecure: false }).listen('127.0.0.1', 0, connection => runtime.attach(connection, null))
})

afterAll(async () => {
  await runtime.stop()
  await listener.close()
})

/** A member with a socket of its own, so that it can stop reading. */
const linked = async (): Promise<{ readonly socket: WebSocket; readonly heard: Message[]; send(message: Message): void }> => {
  const tls = connect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
  const socket = new WebSocket(`wss://127.0.0.1:${listener.port}${PATH}`, [SUBPROTOCOL], { createConnection: () => tls })
  const heard: Message[] = []
  const send = (message: Message): void => socket.send(encodeMessage(message))
  const key = toHex(member.publicKey) as HostKey
  const nonce = systemRandom.bytes(32)
  socket.on('error', () => undefined)
  socket.on('open', () => send({ type: 'hello', generation: GENERATION, minor: 0, mesh, key, nonce, wall: Date.now() }))
  socket.on('message', (raw: Buffer) => {
    const message = valueOf(decodeMessage(new Uint8Array(raw)))
    heard.push(message)
    if (message.type !== 'hello' || !(tls instanceof TLSSocket)) return
    const meeting = { mesh, side: 'dialled' as const, ownKey: key, ownNonce: nonce, binding: bindingOf(tls) }
    send({ type: 'proof', signature: signProof(member, meeting, message), wall: Date.now(), joining: proveJoining(mesh, 'm', member, invitation), acts: [] })
  })
  await eventually(async () => heard, messages => messages.some(({ type }) => type === 'proof'))
  return { socket, heard, send }
}

const linkHere = () => [...runtime.replica.links].find(({ phase }) => phase === 'open')

test('a member that asks for much and does not read is sent no more than it takes, and the rest once it reads', async () => {
  const { socket, heard, send } = await linked()
  const link = linkHere()
  const author = runtime.replica.author
  if (link === undefined || author === null) throw new Error('not linked')
  socket.pause()
  let most = 0
  const asked = 400
  for (let count = 0; count < asked; count++) send({ type: 'want', author, from: 0 })
  await eventually(async () => (most = Math.max(most, runtime.queuedBytes(link.id))), queued => queued > LIMITS.sendQueueBytes / 4)
  for (let count = 0; count < 20; count++) {
    await runtime.write('s' as SessionName, [{ kind: 'note', fields: { text: 'others work on' } }])
    most = Math.max(most, runtime.queuedBytes(link.id))
  }
  recordCase(30, { test: 'host/slow-peer', runs: asked, worst: Math.round((most / 2 ** 20) * 10) / 10, limit: 4, unit: 'MiB queued' })
  expect(most).toBeLessThan(LIMITS.sendQueueBytes / 2)
  socket.resume()
  await eventually(async () => heard.filter(({ type }) => type === 'frames').length, count => count === asked)
  socket.terminate()
  await eventually(async () => linkHere(), open => open === undefined)
}, 30_000)

test('a member that asks small questions without end and does not read loses its link', async () => {
  const { socket, send } = await linked()
  socket.pause()
  const reasons: string[] = []
  runtime.on(event => event.type === 'unlinked' && reasons.push(event.text))
  while (linkHere() !== undefined) {
    for (let count = 0; count < 200; count++) send({ type: 'actIds', ids: [], last: true })
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(reasons[0]).toMatch(/^SLOW_PEER: \d+ bytes wait/)
  socket.terminate()
}, 30_000)
