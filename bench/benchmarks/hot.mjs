import { createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import { nodeCrypto, nodeSigner } from '../../dist/adapters/crypto/node.js'
import { nobleCrypto } from '../../dist/adapters/crypto/noble.js'
import { makeStore } from '../../dist/control/adapters.js'
import { View } from '../../dist/core/coordination/view.js'
import { Intake } from '../../dist/core/replica/reception/intake.js'
import { HybridClock } from '../../dist/core/replication/hybrid-clock.js'
import { LogBook } from '../../dist/core/replication/log-book.js'
import { pathOf, REPOSITORY } from '../claims.mjs'
import { temporaryFolder } from '../homes.mjs'
import { figure, now, quantile } from '../measure.mjs'
import { MemoryHost } from '../memory-host.mjs'

const ROUNDS = 5
const RECORDS = 10_000
/** Frames through the intake; one host may not hold more than 1,024 live claims. */
const FRAMES = 1_000
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const perSecond = (count, work) => {
  const began = now()
  for (let index = 0; index < count; index++) work(index)
  return (count / (now() - began)) * 1_000
}

const inTurns = works => {
  const rounds = works.map(() => [])
  for (let round = -1; round < ROUNDS; round++) works.forEach((work, index) => (round < 0 ? work() : rounds[index].push(work())))
  return rounds
}

const signatures = () => {
  const signer = nodeSigner(nodeCrypto.sha256(new Uint8Array(1)))
  const messages = Array.from({ length: 200 }, (_, index) => nodeCrypto.sha256(Uint8Array.of(index, 1)))
  const signed = messages.map(message => ({ message, signature: signer.sign(message) }))
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, signer.publicKey]), format: 'der', type: 'spki' })
  const of = index => signed[index % signed.length]
  const must = holds => {
    if (!holds) throw new Error('a good signature was refused')
  }
  const [bare, node, noble, sign] = inTurns([
    () => perSecond(2_000, index => must(verify(null, of(index).message, key, of(index).signature))),
    () => perSecond(2_000, index => must(nodeCrypto.verify(of(index).signature, of(index).message, signer.publicKey))),
    () => perSecond(100, index => must(nobleCrypto.verify(of(index).signature, of(index).message, signer.publicKey))),
    () => perSecond(2_000, index => signer.sign(messages[index % messages.length]))
  ])
  const floor = { name: 'bare OpenSSL verify', rounds: bare }
  return [
    figure({ name: 'hot: verify, node:crypto and the strict rule', unit: '/s', rounds: node, beside: floor }),
    figure({ name: 'hot: verify, noble and the strict rule', unit: '/s', rounds: noble, beside: floor }),
    figure({ name: 'hot: sign', unit: '/s', rounds: sign, beside: floor })
  ]
}

/** Frames of one record each, as another host's intake meets them: decoded, verified, inspected, applied, in the view. No disk, no link. */
const intake = () => {
  const author = new MemoryHost()
  for (let index = 0; index < FRAMES; index++) author.claim([pathOf(index)])
  const frames = author.frames.splice(0)
  const { mesh, acts } = author.replica
  const verifyAlone = frames.slice(0, 500)
  const take = () => {
    const view = new View({ crypto: nodeCrypto, mesh })
    view.setRoster(acts.roster().members)
    const parts = { crypto: nodeCrypto, mesh, logs: new LogBook(nodeCrypto, mesh), view, clock: new HybridClock(), admission: () => ({ state: 'member' }), rereading: new Map(), isAwaited: () => false }
    const taking = new Intake(parts)
    const rate = perSecond(frames.length, index => {
      const { type } = taking.take(frames[index], false, { wall: Date.now(), mono: 1 })
      if (type !== 'appended') throw new Error(`a frame was ${type}`)
    })
    if (view.count !== FRAMES) throw new Error('the view lacks records')
    return rate
  }
  const signer = nodeSigner(nodeCrypto.sha256(new Uint8Array(2)))
  const signature = signer.sign(verifyAlone[0])
  const [taken, verified] = inTurns([take, () => perSecond(2_000, () => nodeCrypto.verify(signature, verifyAlone[0], signer.publicKey))])
  return figure({ name: 'hot: frames of one claim through the intake', unit: '/s', rounds: taken, beside: { name: 'one verification', rounds: verified } })
}

/** What a claim asks first: who holds any of this? Files that are held, files that are not, folders, patterns. */
const questions = Array.from({ length: 400 }, (_, index) => [
  pathOf((index * 7_919) % RECORDS),
  `packages/module-${index % 40}/src/part-${index % 10}/new-${index}.ts`,
  `packages/module-${index % 40}/src/part-${index % 10}`,
  `packages/*/src/part-3/file-${(index * 7_919) % RECORDS}.ts`,
  `**/*.${['md', 'sql', 'test.ts', 'yaml'][index % 4]}`,
  `**/file-${(index * 7_919) % RECORDS}.ts`,
  '**/*.ts'
])
const KINDS = ['a file', 'a free file', 'a folder of 25', 'a pattern over all modules', '**/*.md, met by none', '**/file-N.ts, met by one', '**/*.ts, met by all 10,000']
/** Asked less often: each goes over all modules, or all claims. */
const SELDOM = new Map([[3, 20], [4, 100], [5, 100], [6, 5]])

const overlaps = () => {
  const host = new MemoryHost()
  for (let index = 0; index < RECORDS; index += 1_000) host.claimElsewhere(1 + index / 1_000, Array.from({ length: 1_000 }, (_, offset) => pathOf(index + offset)))
  const { claims } = host.replica.view
  if (claims.live(Date.now()).length !== RECORDS) throw new Error('the view lacks claims')
  const asked = KINDS.map((_, kind) => {
    const rounds = []
    for (let round = -1; round < ROUNDS; round++) {
      const times = questions.slice(0, SELDOM.get(kind) ?? questions.length).map(question => {
        const began = now()
        claims.overlapping({ repo: REPOSITORY, scope: [question[kind]], mode: 'exclusive' }, Date.now())
        return (now() - began) * 1_000
      })
      if (round >= 0) rounds.push(times)
    }
    return rounds
  })
  const written = []
  for (let round = 0; round < ROUNDS; round++) {
    const times = Array.from({ length: 200 }, (_, index) => {
      const began = now()
      host.claim([`src/new-${round}/file-${index}.ts`])
      return (now() - began) * 1_000
    })
    written.push(times)
    const { hostId } = host.replica
    host.release(claims.liveOfHost(hostId, Date.now()).map(({ id }) => id))
  }
  return [
    ...KINDS.flatMap((kind, index) =>
      [0.5, 0.99].map(part =>
        figure({ name: `hot: overlaps of ${kind}, p${part * 100}`, unit: 'µs', rounds: asked[index].map(times => quantile(times, part)), target: part === 0.99 && kind !== KINDS.at(-1) ? '≤ 1,000' : null })
      )
    ),
    ...[0.5, 0.99].map(part => figure({ name: `hot: a claim formed, signed, in the view, p${part * 100}`, unit: 'µs', rounds: written.map(times => quantile(times, part)) }))
  ]
}

/** One frame put on disk for good, as `pair` waits for it once for each record. */
const commits = async () => {
  const frame = new Uint8Array(600).fill(7)
  const author = `${'ab'.repeat(32)}/${'0'.repeat(24)}`
  const store = await makeStore(join(temporaryFolder(), 'store'), { create: true })
  if (!store.ok) throw new Error(store.failure.message)
  const rounds = []
  let seq = 0
  for (let round = -1; round < ROUNDS; round++) {
    const times = []
    for (let index = 0; index < 200; index++) {
      const began = now()
      await store.value.commit({ frames: [{ author, seq: seq++, bytes: frame }], starts: [], retired: [], acts: [], proofs: [], notes: [] })
      times.push((now() - began) * 1_000)
    }
    if (round >= 0) rounds.push(times)
  }
  await store.value.close()
  return [0.5, 0.99].map(part => figure({ name: `hot: one frame put on disk with fsync, p${part * 100}`, unit: 'µs', rounds: rounds.map(times => quantile(times, part)) }))
}

/** The paths that every record goes through, alone. */
export const hot = async () => [...signatures(), intake(), ...(await commits()), ...overlaps()]
