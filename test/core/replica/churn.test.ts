import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { HostKey } from '../../../src/core/brand.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import type { InvitationKey } from '../../../src/core/coordination/membership/body.js'
import { proveJoining } from '../../../src/core/coordination/membership/joining.js'
import type { Signer } from '../../../src/core/crypto.js'
import { GENERATION, MINOR } from '../../../src/core/domain.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import { signProof } from '../../../src/core/replication/handshake.js'
import { decodeMessage, encodeMessage, type Message } from '../../../src/core/replication/message.js'
import type { Input } from '../../../src/core/replica/input.js'
import { recordCase } from '../../support/cases.js'
import { isLong, roundsOf, timeoutOf, writeLongResult } from '../../support/long.js'
import { Bench, signerOf, take, type Node } from './bench.js'

/** The size asked for is the long run's; a twentieth of it in every run. */
const beats = roundsOf(5_000, 100_000)
const STRANGERS = beats.asked / 10
const TEST = 'test/core/replica/churn.test.ts'
const HEAP_MIB = 5
/** Strangers before the first reading: the list of refusals holds a thousand and is full then. */
const EARLY = isLong ? 1_500 : 100

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** What is reachable, in MiB. */
const heapNow = (): number => {
  if (typeof collect !== 'function') throw new Error('node gives no gc')
  for (let count = 0; count < 3; count++) collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const openLinks = (node: Node): number[] => Array.from(node.replica.links).filter(({ phase }) => phase === 'open').map(({ id }) => id)
const heardOf = (node: Node): number => Array.from(node.replica.notes.keys()).filter(key => key.startsWith('heard/') || key.startsWith('away/')).length

/** A host that is fed by hand: what it says is heard by nobody but the test, and its commits are done at once. */
class Door {
  #nextLink = 1_000_000
  readonly #said: Message[] = []

  constructor(
    readonly bench: Bench,
    readonly host: Node
  ) {}

  feed(input: Input): void {
    for (const effect of this.host.replica.handle(input, { mono: this.bench.monoMs, wall: this.bench.wallMs })) {
      if (effect.type === 'commit') this.feed({ type: 'committed', batch: effect.id })
      if (effect.type !== 'send') continue
      const message = decodeMessage(effect.bytes)
      if (message.ok) this.#said.push(message.value)
    }
  }

  say(link: number, message: Message): void {
    this.feed({ type: 'linkMessage', link, bytes: encodeMessage(message) })
  }

  /** A key that no roster holds knocks and proves itself; without an invitation it is heard no further. @returns the code it is refused by, or that it was let in */
  knock(name: string, invitation: Signer | null = null): string {
    const link = this.#nextLink++
    const signer = signerOf(name)
    const [key, nonce, binding] = [toHex(signer.publicKey) as HostKey, this.bench.crypto.sha256(signer.publicKey), this.bench.crypto.sha256(new Uint8Array([link]))]
    this.#said.length = 0
    const shared = { type: 'linkOpened', link, side: 'accepted', remote: `10.0.${link & 0xff}.${(link >> 8) & 0xff}:${link & 0xffff}`, posture: 'tls-pinned', binding, certificateKey: null, pin: null } as const
    this.feed({ ...shared, nonce: this.bench.crypto.sha256(nonce) })
    this.say(link, { type: 'hello', generation: GENERATION, minor: MINOR, mesh: this.bench.mesh, key, nonce, wall: this.bench.wallMs })
    const hello = this.#said.find(({ type }) => type === 'hello')
    if (hello?.type !== 'hello') return 'no hello'
    const meeting = { mesh: this.bench.mesh, side: 'dialled', ownKey: key, ownNonce: nonce, binding } as const
    this.say(link, { type: 'proof', signature: signProof(signer, meeting, hello), wall: this.bench.wallMs, joining: invitation === null ? null : proveJoining(this.bench.mesh, name, signer, invitation), acts: [] })
    const refusal = this.#said.find(({ type }) => type === 'refuse')
    return refusal?.type === 'refuse' ? refusal.code : 'let in'
  }
}

describe(`${beats.asked} beats from ${LIMITS.links} members, and ${STRANGERS} strangers (case 77)`, () => {
  test('the tables hold the links and the members and nobody else, and memory is what it was', { timeout: timeoutOf(60_000) }, () => {
    const bench = new Bench()
    const host = bench.found('a')
    const door = new Door(bench, host)
    const invitation = signerOf('invitation')
    const body = { key: toHex(invitation.publicKey) as InvitationKey, role: 'worker', uses: LIMITS.invitationUses, expires: bench.wallMs + 86_400_000, ephemeral: false }
    const invite = take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: host.replica.acts.roster().newestActs(), content: { kind: 'invite', body } }, signerOf('operator')))
    door.feed({ type: 'act', request: 1, bytes: invite })
    for (let index = 0; index < LIMITS.links; index++) expect(door.knock(`m${index}`, invitation)).toBe('let in')
    expect(openLinks(host)).toHaveLength(LIMITS.links)
    const status = { type: 'status', digest: host.replica.digest(), view: host.replica.view.hash(), final: false } as const
    const beat = (from: number): void => {
      for (const link of openLinks(host)) door.say(link, { ...status, id: from })
    }
    const turn = (index: number): void => {
      beat(index)
      bench.wallMs += LIMITS.beatMs
      bench.monoMs += LIMITS.beatMs
    }
    // what is made at the first of each kind is no growth: one of every table is filled
    for (let index = 0; index < 20; index++) turn(index)
    for (let index = 0; index < EARLY; index++) door.knock(`early stranger ${index}`)
    const before = heapNow()

    let [said, knocked, mostLinks] = [0, 0, 0]
    const answers = new Map<string, number>()
    for (; !beats.isOver(said); said += LIMITS.links) {
      turn(said)
      while (knocked < STRANGERS && knocked * 10 <= said) {
        const answer = door.knock(`stranger ${knocked++}`)
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
      mostLinks = Math.max(mostLinks, Array.from(host.replica.links).length)
    }
    const grown = heapNow() - before
    // it notes whom it heard when it goes away
    door.feed({ type: 'leaving' })
    const known = heardOf(host)
    process.stdout.write(`${said} beats, ${knocked} strangers (${[...answers].map(([code, count]) => `${count} ${code}`).join(', ')}): at most ${mostLinks} links, ${known} acquaintances, ${host.replica.refusals.list().length} kinds of refusals; heap ${before.toFixed(1)} MiB before, ${grown.toFixed(2)} more after\n`)
    recordCase(77, { test: `${TEST} (table of links)`, runs: said, worst: mostLinks, limit: LIMITS.links, unit: 'links' })
    recordCase(77, { test: `${TEST} (heap)`, runs: said + knocked, worst: Math.round(Math.abs(grown) * 100) / 100, limit: HEAP_MIB, unit: 'MiB from before' })
    writeLongResult({ name: 'beats of 64 members, and strangers', asked: beats.asked, done: said, failures: knocked - (answers.get('NOT_ADMITTED') ?? 0), worst: Math.round(grown * 100) / 100, unit: 'MiB more' })
    expect([...answers.keys()]).toEqual(['NOT_ADMITTED'])
    expect(openLinks(host)).toHaveLength(LIMITS.links)
    expect(mostLinks).toBeLessThanOrEqual(LIMITS.links)
    expect(known).toBeLessThanOrEqual(2 * LIMITS.links)
    expect(host.replica.refusals.list().length).toBeLessThanOrEqual(1_024)
    expect(Math.abs(grown)).toBeLessThan(HEAP_MIB)
  })
})
