import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import { keyFolder } from '../../src/adapters/keys/folder.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import type { ActId, HostKey, MeshId, SessionName } from '../../src/core/brand.js'
import { writeAct } from '../../src/core/coordination/membership/act.js'
import type { InvitationKey, SignatureHex } from '../../src/core/coordination/membership/body.js'
import { proveJoining } from '../../src/core/coordination/membership/joining.js'
import { decodeToken } from '../../src/core/coordination/membership/token.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import type { Result } from '../../src/core/result.js'
import { systemAdapters } from '../../src/control/assembly.js'
import { callHome } from '../../src/control/client.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { Host } from '../../src/host/host.js'
import { eventually, skein, skeinJson, temporaryFolder } from '../support/cli.js'

const folder = temporaryFolder()
const home = (name: string): string => `${folder.path}/${name}`
const at = (name: string) => ({ home: home(name), cwd: folder.path, session: `${name}-1` })

const statusOf = async (name: string): Promise<StatusData> => {
  const { envelope } = await skeinJson(['status'], at(name))
  return envelope.data as StatusData
}

/** Up, however long a busy machine takes. */
const up = async (name: string): Promise<void> => {
  await skein(['up'], at(name))
  await eventually(() => skeinJson(['status'], at(name)), ({ envelope }) => envelope.ok && envelope.data.daemon !== null)
}

const valueOf = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(result.failure.message)
  return result.value
}

/** Lets a host in of which nothing but its witness will ever be heard: what a newcomer leaves behind that dies right after its handshake. */
const letGhostIn = async (token: string, invite: string): Promise<void> => {
  const { mesh, secret } = valueOf(decodeToken(nodeCrypto, token))
  const ghost = nodeSigner(systemRandom.bytes(32))
  const proof = proveJoining(mesh as MeshId, 'pi', ghost, nodeSigner(secret))
  const hex = (bytes: Uint8Array) => toHex(bytes) as SignatureHex
  const body = {
    invite: invite as ActId,
    key: toHex(proof.invitationKey) as InvitationKey,
    host: { key: toHex(ghost.publicKey) as HostKey, name: 'pi' },
    byInvitation: hex(proof.byInvitation),
    byHost: hex(proof.byHost)
  }
  const mac = valueOf(await keyFolder(home('mac'), systemRandom).host())
  const act = valueOf(writeAct({ mesh: mesh as MeshId, stamp: { wall: Date.now(), count: 0 }, seen: [invite as ActId], content: { kind: 'witness', body } }, mac))
  const caller = { kind: 'named' as const, tool: 'test', token: 'name:test', name: 'test', found: '--as', terminal: false, person: true, agents: [] }
  const reply = await callHome({ op: 'act-submit', args: { act: toHex(act) }, caller, cwd: '/' }, { home: home('mac') })
  expect(reply.exit).toBe(0)
}

const listen = ['--listen', '127.0.0.1:0']

beforeAll(async () => {
  await skein(['init', '--name', 'mac', '--no-passphrase', ...listen], at('mac'))
  await up('mac')
  const { envelope } = await skeinJson(['invite', '--uses', '2'], at('mac'))
  const token = String(envelope.data.token)
  await letGhostIn(token, String(envelope.data.invitation))
  const joined = await skein(['join', token, '--name', 'box', ...listen], at('box'))
  expect(joined.stderr + joined.stdout).toContain('linked to mac')
})

afterAll(async () => {
  for (const name of ['mac', 'box']) await skein(['down'], at(name))
  folder.remove()
})

describe('status', () => {
  it('answers from the store when no daemon runs, and says so', async () => {
    const text = await skein(['status'], at('box'))
    expect(text.code).toBe(0)
    expect(text.stdout).toContain('none runs: this is from the store alone')
    expect((await statusOf('box')).daemon).toBeNull()
  })

  it('is what skein alone prints, and fits 80 columns', async () => {
    const bare = await skein([], at('box'))
    expect(bare.code).toBe(0)
    expect(bare.stdout).toMatch(/^host +box in mesh work · session box-1$/m)
    expect(Math.max(...bare.stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  })

  it('tells a host that was never heard from one that holds nothing', async () => {
    const { hosts } = await statusOf('box')
    expect(hosts.find(({ name }) => name === 'pi')).toMatchObject({ state: 'unlinked', heard: null, heard_ms: null, live_claims: null, sessions: null })
    expect(hosts.find(({ name }) => name === 'mac')).toMatchObject({ state: 'unlinked', live_claims: 0, sessions: 0 })
    const { stdout } = await skein(['status'], at('box'))
    expect(stdout).toMatch(/^ {2}pi .*never heard +no data$/m)
    expect(stdout).toContain('no data from pi: never heard')
    expect(stdout).toMatch(/^ {2}mac .*heard \d+ s ago +0 claims, 0 sessions$/m)
  })

  it('shows the link, its posture and the daemon once it is up, and since when a host was last heard once that is down', async () => {
    await up('box')
    const linked = await eventually(() => statusOf('box'), ({ hosts }) => hosts.some(({ name, state }) => name === 'mac' && state === 'linked'))
    expect(linked.daemon?.pid).toBeGreaterThan(0)
    expect(linked.hosts.find(({ name }) => name === 'mac')).toMatchObject({ state: 'linked', posture: 'tls-pinned', version: '0.1.0' })
    await skein(['down'], at('mac'))
    const alone = await eventually(() => statusOf('box'), ({ hosts }) => hosts.every(({ state }) => state !== 'linked'))
    const mac = alone.hosts.find(({ name }) => name === 'mac')
    expect(mac?.state).toBe('away')
    expect(mac?.heard_ms).toBeLessThan(60_000)
  })

  it('is one screen of what stands: hosts with link, agents and responders, my claims and what crosses them, who owes whom (row 93)', async () => {
    const mac = await Host.open(home('mac'), systemAdapters(), { what: 'test', daemon: false })
    const boxHost = (await statusOf('box')).hosts.find(({ name }) => name === 'box')
    if (!mac.ok || boxHost === undefined) throw new Error('no host')
    const box = [...mac.value.replica.view.members().values()].find(({ hostId }) => hostId.startsWith(boxHost.id.slice(2)))
    const until = mac.value.meshNow() + 30 * 60_000
    const written = await mac.value.write('codex-2b' as SessionName, [
      { kind: 'claim', fields: { scope: ['@release'], mode: 'exclusive', reason: 'the release', until } },
      { kind: 'question', fields: { to: { host: box?.hostId }, ack: true, text: 'may I?' } },
      { kind: 'responder', fields: { state: 'rate_limited', reason: 'quota' } }
    ])
    expect(written.ok).toBe(true)
    await mac.value.stop()
    await up('mac')
    await eventually(() => statusOf('box'), ({ owe, hosts }) => owe.count === 1 && hosts.some(({ name, state }) => name === 'mac' && state === 'linked'), 20_000)
    await skein(['claim', '@release', '--reason', 'a fix'], at('box'))
    await skein(['ask', 'mac', 'which branch?'], at('box'))
    const { stdout } = await skein(['status'], at('box'))
    const golden = stdout.trimEnd().replace(/\b[a-z]{1,2}-[0-9a-z]{8}/g, 'ID').replace(/\d+ (s|min)\b/g, 'AGE').replace(/(\d{4}-\d\d-\d\d )?\d\d:\d\dZ/g, 'TIME').replace(/pid \d+/, 'pid PID').replace(/127\.0\.0\.1:\d+/, 'ADDRESS').replace(/records +\d+/, 'records N').replace(/ +/g, ' ')
    expect(golden.split('\n')).toEqual([
      'host box in mesh work · session box-1',
      'daemon up, pid PID, listening on ADDRESS, tempo normal',
      'repository none here',
      'claims 1 mine, 2 live in all, 1 overlap with mine',
      'I owe 1 answer, the oldest for AGE',
      'owed to me 1 answer, the oldest for AGE',
      'records N',
      '',
      '3 hosts',
      ' box worker this host 1 claim, 1 session',
      ' mac planner linked (tls-pinned) heard AGE ago 1 claim, 1 session',
      ' pi worker unreachable never heard no data',
      ' agents of mac: codex-2b looked AGE ago; codex-2b is rate limited since TIME: "quota"',
      '',
      'no data from pi: never heard',
      '',
      'my claims',
      ' ID @release "a fix"',
      '',
      'overlaps of mine',
      expect.stringMatching(/^ mac\/codex-2b holds @release since TIME \(AGE\): "the release"; heard AGE ago\. Both cover @release\. .*leads\./)
    ])
    const shown = await statusOf('box')
    expect(shown.mine).toMatchObject([{ scope: ['@release'], reason: 'a fix' }])
    expect(shown.hosts.find(({ name }) => name === 'mac')).toMatchObject({ attention: { session: 'codex-2b' }, responders: [{ session: 'codex-2b', state: 'rate_limited', reason: 'quota' }] })
  })

  it('says what is missing where there is no home', async () => {
    const { code, envelope } = await skeinJson(['status'], { home: home('nowhere'), cwd: folder.path })
    expect(code).toBe(4)
    expect(envelope.error.code).toBe('NO_HOME')
    expect(envelope.next).toEqual(['skein init', 'skein join TOKEN'])
  })
})
