import * as Y from 'yjs'
import type { RecordId } from '../../../src/core/brand.js'
import { authorIdOf, clientIdOf, keyOf } from '../../../src/core/replication/author.js'
import { AuthorDocument } from '../../../src/core/replication/document.js'
import { decodeFrame, NO_HASH } from '../../../src/core/replication/frame.js'
import { frameHash } from '../../../src/core/replication/verification.js'
import { take } from '../../core/replica/bench.js'
import type { SeededRandom } from '../../sim/random.js'
import type { Target } from '../fuzzing.js'
import { mutate } from '../mutation.js'
import { framesIn, pushed, resigned, Stage } from '../stage.js'

/** Bytes changed on the way: nobody signed them, so nothing may come of them. */
export const changedFrames = (): Target => {
  let stage = new Stage()
  let hash = stage.b.replica.view.hash()
  const corpus = framesIn(stage.traffic)
  const known = new Set(corpus.map(bytes => bytes.toString()))
  const reached = new Set<string>()
  return {
    reached: () => reached,
    next: random => mutate(random, corpus),
    take: input => {
      stage.say(pushed(input), reached)
      if (stage.b.replica.view.hash() === hash) return null
      const find = known.has(input.toString()) ? null : 'a frame that nobody signed changed the view'
      stage = new Stage()
      hash = stage.b.replica.view.hash()
      return find
    }
  }
}

/** Payloads as a member might sign them: Yjs updates of every odd sort, under its own name and in the right place of its own chain. */
export const signedPayloads = (): Target => {
  const FRAMES_AN_EPOCH = 16
  const EPOCHS_A_STAGE = 400
  let stage = new Stage()
  let epoch = 1
  let seq = 0
  let prev = NO_HASH
  const reached = new Set<string>()
  const author = () => authorIdOf(stage.m.replica.key, { counter: 1 + epoch, nonce: epoch.toString(16).padStart(16, '0') })
  const template = framesIn(stage.traffic).find(bytes => keyOf(take(decodeFrame(bytes)).header.author) === stage.m.replica.key)
  if (template === undefined) throw new Error('m wrote nothing')
  const sign = (payload: Uint8Array, kind: 'update' | 'snapshot', parts: number): Uint8Array => resigned(stage, template, payload, { author: author(), seq, prev, kind, part: 0, parts })
  const document = (): AuthorDocument => new AuthorDocument(clientIdOf(stage.bench.crypto, stage.bench.mesh, author(), 0))
  const begin = (): void => {
    epoch += 1
    seq = 0
    prev = NO_HASH
    if (epoch % EPOCHS_A_STAGE === 0) {
      stage = new Stage()
      epoch = 1
    }
  }
  const say = (frame: Uint8Array): void => {
    const before = stage.b.replica.logs.get(author())?.records.size ?? 0
    stage.say(pushed(frame), reached)
    if ((stage.b.replica.logs.get(author())?.records.size ?? 0) > before) reached.add('records were taken')
    const { headerBytes } = take(decodeFrame(frame))
    seq += 1
    prev = frameHash(stage.bench.crypto, headerBytes)
  }
  const updates = (random: SeededRandom): Uint8Array[] => {
    const whole = document()
    const made = [whole.write([['0'.repeat(32) as RecordId, 'one'], ['1'.repeat(32) as RecordId, '{"v":1,"kind":"note"}']]).update, whole.write([], ['0'.repeat(32) as RecordId]).update]
    return [...made, whole.encode(), ODD[random.int(ODD.length)] ?? new Uint8Array(0)]
  }
  return {
    reached: () => reached,
    next: random => (random.chance(0.1) ? (ODD[random.int(ODD.length)] ?? new Uint8Array(0)) : mutate(random, updates(random))).subarray(0, 60_000),
    take: input => {
      if (seq === 0) say(sign(document().encode(), 'snapshot', 1))
      say(sign(input, input.length % 3 === 0 ? 'snapshot' : 'update', 1))
      if (seq >= FRAMES_AN_EPOCH) begin()
      return stage.harm()
    }
  }
}

const yjs = (change: (doc: Y.Doc) => void, clientID = 7): Uint8Array => {
  const doc = new Y.Doc()
  doc.clientID = clientID
  change(doc)
  return Y.encodeStateAsUpdate(doc)
}

/** What Yjs itself can be made to say; what is known to hurt it is in kept.json. */
const ODD: readonly Uint8Array[] = [
  yjs(doc => doc.getText('records').insert(0, 'a text where a map belongs')),
  yjs(doc => doc.getArray('records').insert(0, [1, 'two', { three: 3 }])),
  yjs(doc => doc.getMap('records').set('nested', new Y.Map([['deep', new Y.Array()]]))),
  yjs(doc => doc.getMap('records').set('__proto__', 'polluted')),
  yjs(doc => doc.getMap('records').set('number', 1)),
  yjs(doc => doc.getMap('others').set('key', 'another root')),
  yjs(doc => {
    for (let index = 0; index < 300; index++) doc.getMap('records').set(`k${index}`, 'v')
  }),
  Y.encodeStateAsUpdateV2(new Y.Doc())
]
