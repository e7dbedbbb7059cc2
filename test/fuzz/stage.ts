import { toHash } from '../../src/core/encoding/bytes.js'
import { assembleFrame, decodeFrame, encodeHeader, type FrameHeader } from '../../src/core/replication/frame.js'
import { decodeMessage, encodeMessage } from '../../src/core/replication/message.js'
import { Bench, take, type Node } from '../core/replica/bench.js'

/** A mesh of three: `a` wrote, `m` is a member whose key the fuzzer holds, `b` reads what the fuzzer sends on its link with `m`. */
export class Stage {
  readonly bench = new Bench()
  readonly a: Node
  readonly m: Node
  readonly b: Node
  /** Every message that went over a link while the mesh was built. */
  readonly traffic: Uint8Array[] = []
  readonly truth: ReadonlySet<string>

  constructor() {
    const { bench } = this
    bench.carry = (_, bytes) => {
      this.traffic.push(bytes)
      return bytes
    }
    this.a = bench.found('a')
    this.m = bench.join('m', this.a)
    this.b = bench.join('b', this.a)
    bench.link(this.m, this.b)
    this.a.note('the truth')
    const claim = this.a.claim(['src/**'])
    this.a.write('intent', { text: 'a plan' })
    this.a.write('release', { claims: [claim.id] })
    this.b.claim(['docs/**', 'src/{a,b}.ts'])
    this.m.note('of the member')
    this.a.feed({ type: 'compact' })
    bench.advance(6_000)
    bench.cutAll(this.b)
    for (const text of ['after the snapshot', 'and while b was away']) this.a.note(text)
    bench.link(this.b, this.a)
    bench.link(this.m, this.b)
    bench.advance(6_000)
    this.truth = new Set(this.b.texts())
    bench.carry = (_, bytes) => bytes
  }

  /** Says something to b in m's name, on a link that is open. @param reached is given what b has refused so far */
  say(bytes: Uint8Array, reached: Set<string> = new Set()): void {
    const { b, m, bench } = this
    const open = (): number | undefined => [...b.replica.links].find(link => link.phase === 'open' && link.peer?.key === m.replica.key)?.id
    if (open() === undefined) {
      bench.cutAll(m)
      bench.link(m, b)
    }
    for (const { code } of b.replica.refusals.list()) reached.add(code)
    const link = open()
    if (link === undefined) throw new Error('m cannot link to b any more')
    b.feed({ type: 'linkMessage', link, bytes })
    bench.run()
  }

  /** What must hold whatever was said: nothing in b's view but what was written, and all that a and b wrote. */
  harm(): string | null {
    const { b, m, truth } = this
    let count = 0
    for (const entry of b.replica.view.records()) {
      if (truth.has(entry.text)) count += 1
      else if (entry.hostKey !== m.replica.key) return `b shows a record that nobody wrote: ${entry.text}`
    }
    return count < truth.size - 1 ? 'a record of a or b is gone' : null
  }

  /** Whether b still stands where it stood: members, and its own log. */
  get isSound(): boolean {
    const { b, a } = this
    return b.replica.fenced === null && b.replica.acts.roster().admits(a.replica.key).state === 'member' && !b.replica.hasLeft
  }
}

/** The frame with another payload and header fields, signed by m. */
export const resigned = (stage: Stage, frame: Uint8Array, payload: Uint8Array, given: Partial<FrameHeader>): Uint8Array => {
  const { header } = take(decodeFrame(frame))
  const headerBytes = encodeHeader({ ...header, payloadLength: payload.length, payloadHash: toHash(stage.bench.crypto.sha256(payload)), ...given })
  return assembleFrame(headerBytes, stage.m.signer.sign(headerBytes), payload)
}

export const pushed = (frame: Uint8Array): Uint8Array => encodeMessage({ type: 'push', frame })

/** All frames in messages. */
export const framesIn = (messages: readonly Uint8Array[]): Uint8Array[] =>
  messages.flatMap(bytes => {
    const message = decodeMessage(bytes)
    if (!message.ok) return []
    if (message.value.type === 'push') return [message.value.frame]
    return message.value.type === 'frames' ? [...message.value.frames] : []
  })
