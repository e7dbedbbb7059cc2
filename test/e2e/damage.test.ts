import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/adapters/crypto/node.js'
import { openDatabase } from '../../src/adapters/level/database.js'
import { seal } from '../../src/adapters/level/sealed.js'
import { systemAdapters } from '../../src/control/assembly.js'
import { dispatch } from '../../src/control/dispatch.js'
import type { StatusData } from '../../src/control/operations/status.js'
import type { VerifyData } from '../../src/control/operations/verify.js'
import type { HostKey, SessionName } from '../../src/core/brand.js'
import { decodeToken, encodeToken } from '../../src/core/coordination/membership/token.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { decodeMessage, encodeMessage } from '../../src/core/replication/message.js'
import type { Result } from '../../src/core/result.js'
import { Host, type HostAdapters } from '../../src/host/host.js'
import type { Connection, Transport } from '../../src/ports/transport.js'
import { eventually, skein, skeinJson, temporaryFolder } from '../support/cli.js'

const folder = temporaryFolder()
const homes = new Set<string>()
const home = (name: string): string => {
  homes.add(name)
  return `${folder.path}/${name}`
}
const at = (name: string) => ({ home: home(name), cwd: folder.path, session: `${name}-1` })

const valueOf = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

const done = async (args: readonly string[], name: string): Promise<void> => {
  const { code, stdout, stderr } = await skein(args, at(name))
  expect(code, `skein ${args.join(' ')}: ${stdout}${stderr}`).toBe(0)
}

const statusOf = async (name: string): Promise<StatusData> => (await skeinJson(['status'], at(name))).envelope.data as StatusData
/** Up, however long a busy machine takes. */
const up = async (name: string): Promise<void> => {
  await skein(['up'], at(name))
  await eventually(() => skeinJson(['status'], at(name)), ({ envelope }) => envelope.ok && envelope.data.daemon !== null)
}

const verified = async (name: string): Promise<{ code: number | null; data: VerifyData; warnings: string[] }> => {
  const { code, envelope } = await skeinJson(['verify'], at(name))
  return { code, data: envelope.data as VerifyData, warnings: envelope.warnings.map(warning => warning.code) }
}

/** Writes notes as one session of a host whose daemon is down, each in a frame of its own. */
const writeNotes = async (name: string, texts: readonly string[]): Promise<void> => {
  const host = valueOf(await Host.open(home(name), systemAdapters(), { what: 'test', daemon: false }))
  for (const text of texts) valueOf(await host.write(`${name}-1` as SessionName, [{ kind: 'note', fields: { text } }]))
  await host.stop()
}

/** Changes stored frames behind the store's back; the home's daemon is down. */
const changeFrames = async (name: string, change: (seq: number, stored: Uint8Array, key: string) => Uint8Array | null, ofAuthor: (author: string) => boolean): Promise<void> => {
  const db = await openDatabase(`${home(name)}/store/frames`, false)
  for await (const [key, value] of db.iterator({ gt: 'frame!', lt: 'frame!~' })) {
    const [, author = '', seq = ''] = key.split('!')
    const changed = ofAuthor(author) ? change(Number.parseInt(seq, 16), value, key) : null
    if (changed !== null) await db.put(key, changed, { sync: true })
  }
  await db.close()
}

const CHECK_BYTES = 16

const flip = (bytes: Uint8Array, place: number): Uint8Array => bytes.map((byte, index) => (index === place ? byte ^ 1 : byte))

const NOBODY = { kind: 'named' as const, tool: 'test', token: 'name:test', name: 'test', found: '--as', terminal: false, person: true, agents: [] }

const listen = ['--listen', '127.0.0.1:0']

beforeAll(async () => {
  await done(['init', '--name', 'mac', '--no-passphrase', ...listen], 'mac')
  await up('mac')
  const { envelope } = await skeinJson(['invite'], at('mac'))
  await done(['join', String(envelope.data.token), '--name', 'box', ...listen], 'box')
  await done(['down'], 'mac')
  await writeNotes('mac', ['one', 'two', 'three', 'four', 'five', 'six'])
  await up('mac')
  await up('box')
  await eventually(() => verified('box'), ({ data }) => data.authors.some(author => author.host === 'mac' && author.records >= 7))
  await done(['down'], 'box')
})

afterAll(async () => {
  for (const name of homes) await skein(['down'], at(name))
  folder.remove()
})

describe('a stored frame that was changed', () => {
  const macKey = async (): Promise<string> => toHex(valueOf(await systemAdapters().keys(home('mac')).host()).publicKey)

  it('is named by status and verify, with its number and what is wrong, and the host goes on without it', async () => {
    const key = await macKey()
    // the checksum, the header, the signature and the payload of four frames
    const places = new Map([[2, 0], [3, CHECK_BYTES + 60], [4, CHECK_BYTES + 220], [5, -1]])
    await changeFrames('box', (seq, stored) => {
      const place = places.get(seq)
      return place === undefined ? null : flip(stored, place < 0 ? stored.length - 1 : place)
    }, author => author.startsWith(key))
    const status = await statusOf('box')
    expect(status.damage.map(({ host, seq, mended }) => [host, seq, mended])).toEqual([...places.keys()].map(seq => ['mac', seq, false]))
    const text = await skein(['status'], at('box'))
    expect(text.code).toBe(0)
    expect(text.stdout).toContain('the store is damaged in 4 places')
    const found = await verified('box')
    expect(found.code).toBe(1)
    expect(found.warnings).toContain('VERIFY_FAILED')
    expect(found.data.damage.map(({ host, seq, code }) => [host, seq, code])).toEqual([...places.keys()].map(seq => ['mac', seq, 'FRAME_STORED_DAMAGED']))
    expect((await skein(['verify'], at('box'))).stdout).toMatch(/mac, epoch 1, frame 3: frame 3 is changed \(FRAME_STORED_DAMAGED\)/)
  })

  it('is fetched again from a peer once one is linked, and what came after it counts again', async () => {
    await up('box')
    const mended = await eventually(() => verified('box'), ({ data }) => data.sound, 15_000)
    expect(mended.data.authors.find(author => author.host === 'mac')?.records).toBeGreaterThanOrEqual(7)
    const status = await statusOf('box')
    expect(status.damage.every(({ mended: given }) => given)).toBe(true)
    expect((await skein(['status'], at('box'))).stdout).toContain('4 frames found damaged at start were given back by a peer')
  })

  it('is found by verify even where its checksum was made to fit, by the signature alone', async () => {
    await done(['down'], 'box')
    const key = await macKey()
    const restore = new Map<string, Uint8Array>()
    // a byte of the signature itself: nothing but the signature can tell
    await changeFrames('box', (seq, stored, name) => {
      if (seq !== 6) return null
      restore.set(name, stored)
      return seal(name, flip(stored.subarray(CHECK_BYTES), 220)).stored
    }, author => author.startsWith(key))
    const found = await verified('box')
    expect(found.code).toBe(1)
    expect(found.data.damage).toMatchObject([{ code: 'FRAME_BAD_SIGNATURE', host: 'mac', seq: 6 }])
    await changeFrames('box', (_, __, name) => restore.get(name) ?? null, author => author.startsWith(key))
    expect((await verified('box')).code).toBe(0)
  })

  it('of the own log makes the host go on in a new epoch, and the peer gives back what it held', async () => {
    await up('box')
    await done(['down'], 'mac')
    const key = await macKey()
    await changeFrames('mac', (seq, stored) => (seq === 3 ? flip(stored, CHECK_BYTES + 60) : null), author => author.startsWith(key))
    expect((await statusOf('mac')).damage).toMatchObject([{ host: 'mac', seq: 3, mended: false }])
    await writeNotes('mac', ['seven'])
    await up('mac')
    const { data } = await eventually(() => verified('mac'), found => found.data.sound, 15_000)
    expect(data.authors.filter(({ host }) => host === 'mac').map(({ epoch, forked }) => [epoch, forked])).toEqual([[1, false], [2, false]])
  })
})

/** The adapters of a member that changes one byte of each frame of others that it pushes on. */
const lyingAdapters = (change: (frame: Uint8Array) => Uint8Array): HostAdapters => {
  const honest = systemAdapters()
  const tamper = (bytes: Uint8Array): Uint8Array => {
    const message = decodeMessage(bytes)
    if (!message.ok || message.value.type !== 'push') return bytes
    return encodeMessage({ type: 'push', frame: change(message.value.frame) })
  }
  const lying = (connection: Connection): Connection =>
    new Proxy(connection, {
      get: (target, name) => {
        if (name === 'send') return (bytes: Uint8Array) => target.send(tamper(bytes))
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
  const transport = async (path: string, allowInsecure: boolean): Promise<Result<Transport>> => {
    const made = await honest.transport(path, allowInsecure)
    if (!made.ok) return made
    const inner = made.value
    return {
      ok: true,
      value: {
        listen: (host, port, accepted) => inner.listen(host, port, connection => accepted(lying(connection))),
        dial: async (address, options) => {
          const dialled = await inner.dial(address, options)
          return dialled.ok ? { ok: true, connection: lying(dialled.connection) } : dialled
        }
      }
    }
  }
  return { ...honest, transport }
}

describe('a travelling frame that was changed', () => {
  /** Nobody listens there: so the two ends of the line never meet. */
  const NOWHERE = ['--advertise', '127.0.0.1:1']
  const hosts: Host[] = []

  /** Opens a home in this process, listening, as a daemon would. */
  const serve = async (name: string, adapters: HostAdapters): Promise<{ host: Host; url: string }> => {
    const host = valueOf(await Host.open(home(name), adapters, { what: 'test', daemon: false }))
    hosts.push(host)
    const { listening } = valueOf(await host.connect({ listen: true }))
    await host.publishProfile(host.advertised())
    host.refreshTargets()
    return { host, url: `wss://127.0.0.1:${listening?.port ?? 0}` }
  }

  afterAll(() => Promise.all(hosts.map(host => host.stop())))

  it('is refused, counted and named, with whom it came from; and what comes after it still merges', async () => {
    await done(['init', '--name', 'left', '--no-passphrase', ...listen, ...NOWHERE], 'left')
    const { envelope } = await skeinJson(['invite', '--uses', '2'], at('left'))
    const token = valueOf(decodeToken(nodeCrypto, String(envelope.data.token)))
    const through = (url: string, host: HostKey, hostName: string): string => valueOf(encodeToken(nodeCrypto, { ...token, host, hostName, addresses: [{ url, label: 'local' }] }))
    const left = await serve('left', systemAdapters())
    await done(['join', through(left.url, token.host, 'left'), '--name', 'middle', ...listen], 'middle')

    const places: number[] = []
    const lie = (frame: Uint8Array): Uint8Array => {
      // signature and payload; what lies before them is looked at one byte at a time in test/core
      const place = frame.length - 1 - ((places.length * 11) % 150)
      places.push(place)
      return flip(frame, place)
    }
    const middle = await serve('middle', lyingAdapters(lie))
    await done(['join', through(middle.url, middle.host.replica.key, 'middle'), '--name', 'right', ...listen, ...NOWHERE], 'right')
    const right = await serve('right', systemAdapters())
    await eventually(async () => [...middle.host.replica.links].filter(({ phase }) => phase === 'open').length, linked => linked === 2)
    places.length = 0
    for (let count = 0; count < 20; count++) {
      const [written] = valueOf(await left.host.write('left-1' as SessionName, [{ kind: 'note', fields: { text: `note ${count}` } }]))
      await eventually(async () => (written === undefined ? null : right.host.replica.view.record(written.id)), record => record !== null)
    }

    const ask = async (op: string) => (await dispatch(right.host, { op, args: {}, caller: NOBODY, cwd: folder.path })).envelope
    const found = await ask('verify')
    const data = found.ok ? (found.data as VerifyData) : null
    expect(places.length).toBe(20)
    expect(data?.refusals.map(({ code, from, text }) => [code, from, text])).toEqual([
      ['FRAME_BAD_PAYLOAD_HASH', 'middle', 'payload does not have the hash that its header states'],
      ['FRAME_BAD_SIGNATURE', 'middle', 'signature does not fit the header']
    ])
    expect(data?.refusals.reduce((sum, { count }) => sum + count, 0)).toBe(20)
    expect(data?.sound).toBe(true)
    expect(found.ok ? found.warnings.map(({ code }) => code) : []).toEqual(['REFUSED'])
    const standing = await ask('status')
    expect(standing.ok ? (standing.data as StatusData).refusals : []).toEqual(data?.refusals)
    expect(right.host.replica.view.hash()).toBe(left.host.replica.view.hash())
  })
})
