import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import type { ActId, AuthorId, Hash, HostKey, MeshId, RecordId, SessionName } from '../../src/core/brand.js'
import { writeAct } from '../../src/core/coordination/membership/act.js'
import { ActSet } from '../../src/core/coordination/membership/acts.js'
import type { ActContent, InvitationKey, SignatureHex } from '../../src/core/coordination/membership/body.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { joiningStatement, proveJoining } from '../../src/core/coordination/membership/joining.js'
import { encodeToken } from '../../src/core/coordination/membership/token.js'
import { formRecord, parseRecord, recordIdOf } from '../../src/core/coordination/records/record.js'
import { View } from '../../src/core/coordination/view.js'
import type { Signer } from '../../src/core/crypto.js'
import { DOMAINS, domainPrefix, GENERATION, hostIdOf, NO_MESH } from '../../src/core/domain.js'
import { concat, fromHex, toHash, toHex, utf8 } from '../../src/core/encoding/bytes.js'
import { ByteWriter } from '../../src/core/encoding/writer.js'
import { authorIdOf, authorParts, clientIdOf, epochBytes } from '../../src/core/replication/author.js'
import { AuthorDocument } from '../../src/core/replication/document.js'
import { makeForkProof } from '../../src/core/replication/fork.js'
import { assembleFrame, decodeFrame, encodeHeader, type FrameHeader } from '../../src/core/replication/frame.js'
import { signProof, type Side } from '../../src/core/replication/handshake.js'
import type { Head } from '../../src/core/replication/heads.js'
import { LogBook } from '../../src/core/replication/log-book.js'
import { encodeMessage, type Message } from '../../src/core/replication/message.js'
import { verifyFrame, type VerifiedFrame } from '../../src/core/replication/verification.js'
import type { Result } from '../../src/core/result.js'
import type { Stamp } from '../../src/core/stamp.js'

/** 2026-01-01T00:00:00Z: every time in the vectors counts from here. */
const BEGIN = Date.UTC(2026, 0, 1)
const crypto = nodeCrypto

const need = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

const seedOf = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(`skein vector: ${name}`).digest())
const signerOf = (name: string): Signer => nodeSigner(seedOf(name))
const keyOf = (signer: Signer): HostKey => toHex(signer.publicKey) as HostKey

const operator = signerOf('operator')
const founder = signerOf('founder')
const newcomer = signerOf('newcomer')
const invitation = signerOf('invitation')

const session = 'claude-7f3a' as SessionName

/** Bytes as `hex:…`, so that a message can stand in a JSON file and be compared with what was decoded. */
export const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return `hex:${toHex(value)}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

// ---- acts

const founding = need(foundMesh(crypto, { name: 'demo', hostName: 'mac', role: 'worker', stamp: { wall: BEGIN, count: 0 } }, operator, founder))
const mesh: MeshId = founding.mesh

const actOf = (content: ActContent, stamp: Stamp, seen: readonly ActId[], signer: Signer): Uint8Array =>
  need(writeAct({ mesh, stamp, seen, content }, signer))

const acts = new ActSet(crypto, mesh)
const take = (bytes: Uint8Array): ActId => need(acts.add(bytes)).act.id

const genesisId = take(founding.bytes)
const inviteBytes = actOf(
  { kind: 'invite', body: { key: toHex(invitation.publicKey) as InvitationKey, role: 'planner', uses: 1, expires: BEGIN + 86_400_000, ephemeral: false } },
  { wall: BEGIN + 1_000, count: 0 },
  [genesisId],
  operator
)
const inviteId = take(inviteBytes)
const joining = proveJoining(mesh, 'linux.box', newcomer, invitation)
const witnessBytes = actOf(
  {
    kind: 'witness',
    body: {
      invite: inviteId,
      key: toHex(joining.invitationKey) as InvitationKey,
      host: { key: keyOf(newcomer), name: joining.name },
      byInvitation: toHex(joining.byInvitation) as SignatureHex,
      byHost: toHex(joining.byHost) as SignatureHex
    }
  },
  { wall: BEGIN + 2_000, count: 7 },
  [inviteId],
  founder
)
const witnessId = take(witnessBytes)
const carriedBytes = (() => {
  const body = utf8('{"text":"from a newer minor"}')
  const seen = fromHex(witnessId) ?? new Uint8Array(0)
  const head = domainPrefix('act', mesh).u16(9).raw(operator.publicKey).text('later-kind').u64(BEGIN + 3_000).u16(0)
  const unsigned = head.u16(1).raw(seen).long(body).done()
  return concat(unsigned, operator.sign(unsigned))
})()
const carriedId = take(carriedBytes)
const policyBytes = actOf(
  { kind: 'policy', body: { key: 'overlap', repo: 'github.com/team/app', scope: ['src/pay/**', '@release'], value: 'deny', expires: BEGIN + 7_200_000 } },
  { wall: BEGIN + 4_000, count: 0 },
  [carriedId],
  operator
)
const policyId = take(policyBytes)

const directiveBytes = actOf(
  { kind: 'directive', body: { text: 'hands off the payment code 🛑', repo: 'github.com/team/app', scope: ['src/pay/**'], expires: BEGIN + 7_200_000, stop: true } },
  { wall: BEGIN + 5_000, count: 0 },
  [policyId],
  operator
)
const directiveId = take(directiveBytes)
const withdrawBytes = actOf({ kind: 'withdraw', body: { directive: directiveId, reason: 'the release is out' } }, { wall: BEGIN + 6_000, count: 0 }, [directiveId], operator)
take(withdrawBytes)

const ACTS = [founding.bytes, inviteBytes, witnessBytes, carriedBytes, policyBytes, directiveBytes, withdrawBytes]

// ---- frames

interface Written {
  readonly frame: VerifiedFrame
  readonly what: string
}

/** Writes one author's log as its own host would, and by hand what no honest host writes. */
class Scribe {
  readonly written: Written[] = []
  readonly author: AuthorId
  document: AuthorDocument
  readonly #signer: Signer

  constructor(signer: Signer, nonce: string) {
    this.#signer = signer
    this.author = authorIdOf(keyOf(signer), { counter: 1, nonce })
    this.document = new AuthorDocument(0)
  }

  get nextSeq(): number {
    return this.written.length
  }

  id(text: string): RecordId {
    return recordIdOf(crypto, mesh, keyOf(this.#signer), text)
  }

  update(what: string, texts: readonly string[], more: readonly (readonly [RecordId, string])[] = [], remove: readonly RecordId[] = []): void {
    const set = [...texts.map(text => [this.id(text), text] as const), ...more]
    this.frame(what, 'update', this.document.write(set, remove).update)
  }

  snapshot(what: string, texts: readonly string[], parts = 1): void {
    this.document = new AuthorDocument(clientIdOf(crypto, mesh, this.author, this.nextSeq))
    this.document.write(texts.map(text => [this.id(text), text] as const))
    const whole = this.document.encode()
    const size = Math.ceil(whole.length / parts)
    for (let part = 0; part < parts; part++) this.frame(what, 'snapshot', whole.slice(part * size, (part + 1) * size), part, parts)
  }

  frame(what: string, kind: 'update' | 'snapshot', payload: Uint8Array, part = 0, parts = 1): void {
    this.sign(what, encodeHeader(this.#header(kind, payload, part, parts)), payload)
  }

  /** A frame of a newer minor: a kind and a field that this one does not know. */
  newer(what: string, payload: Uint8Array): void {
    const known = encodeHeader(this.#header('update', payload, 0, 1))
    const fields = known.slice(19)
    fields[116] = 7
    const headerBytes = new ByteWriter().text(DOMAINS.frame).u16(GENERATION).u16(1).short(concat(fields, utf8('new field'))).done()
    this.sign(what, headerBytes, payload)
  }

  sign(what: string, headerBytes: Uint8Array, payload: Uint8Array): void {
    const decoded = need(decodeFrame(assembleFrame(headerBytes, this.#signer.sign(headerBytes), payload)))
    this.written.push({ what, frame: need(verifyFrame(crypto, mesh, decoded)) })
  }

  /** Another frame for a number that is taken, and chained to nothing: what makes a fork proof. */
  rival(seq: number): VerifiedFrame {
    const payload = Y.encodeStateAsUpdate(new Y.Doc())
    const headerBytes = encodeHeader({ ...this.#header('update', payload, 0, 1), seq })
    return need(verifyFrame(crypto, mesh, need(decodeFrame(assembleFrame(headerBytes, this.#signer.sign(headerBytes), payload)))))
  }

  #header(kind: 'update' | 'snapshot', payload: Uint8Array, part: number, parts: number): Omit<FrameHeader, 'generation' | 'minor'> {
    const seq = this.nextSeq
    return {
      mesh,
      author: this.author,
      seq,
      prev: this.written.at(-1)?.frame.hash ?? ('0'.repeat(64) as Hash),
      kind,
      part,
      parts,
      stamp: { wall: BEGIN + 10_000 + seq * 1_000, count: seq % 2 },
      offsetMs: -300,
      payloadLength: payload.length,
      payloadHash: toHash(crypto.sha256(payload))
    }
  }
}

const textOf = (kind: string, at: number, fields: Readonly<Record<string, unknown>>, offset = -300): string =>
  need(formRecord({ kind, session, stamp: [BEGIN + 10_000 + at, at], offset, fields }))

const TEXTS = {
  first: textOf('note', 0, { text: 'the first snapshot holds this' }),
  claim: textOf('claim', 1, {
    repo: 'github.com/acme/web', scope: ['src/api/**'], mode: 'exclusive', reason: 'new endpoint', until: BEGIN + 1_800_000, turn: [BEGIN / 60_000, 0]
  }),
  unicode: textOf('note', 2, { text: 'Zoë → Gänse 🦢, \u200fעברית, line\nbreak, quote " and \\' }),
  short: textOf('note', 3, { text: 'deleted soon' }),
  again: textOf('note', 4, { text: 'after the deletion' }),
  later: textOf('note', 5, { text: 'after the two-part snapshot' }),
  lost: textOf('note', 6, { text: 'void: the frame before it broke the rules' }),
  mended: textOf('note', 7, { text: 'the author stated its document again' }),
  last: textOf('note', 8, { text: 'follows a frame of a newer minor' }),
  foreign: textOf('note', 9, { text: 'written by the newcomer' }, 0)
} as const

const founderLog = new Scribe(founder, '0102030405060708')
const claimId = founderLog.id(TEXTS.claim)
founderLog.snapshot('the snapshot that opens the epoch', [TEXTS.first])
founderLog.update('an update with three records', [TEXTS.claim, TEXTS.unicode, TEXTS.short])
const misplaced = '{"not":"the text of this id"}'
founderLog.update('one key overwritten with a text that is not its own, one deleted', [], [[claimId, misplaced]], [founderLog.id(TEXTS.short)])
founderLog.update('the overwritten key set back, the deleted one set again, another one new', [TEXTS.claim, TEXTS.short, TEXTS.again])
founderLog.update('a deletion alone', [], [], [founderLog.id(TEXTS.short)])
founderLog.snapshot('a snapshot in two parts', [TEXTS.first, TEXTS.claim, TEXTS.unicode], 2)
founderLog.update('an update of the document that the snapshot began', [TEXTS.later])
const nested = (() => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, founderLog.document.encode())
  doc.clientID = founderLog.document.clientId
  const before = Y.encodeStateVector(doc)
  doc.getMap('records').set(founderLog.id(TEXTS.lost), new Y.Map())
  return Y.encodeStateAsUpdate(doc, before)
})()
founderLog.frame('void: a nested type, validly signed', 'update', nested)
founderLog.update('void with it: an update that would be good', [TEXTS.lost])
founderLog.snapshot('the snapshot that mends the log', [TEXTS.first, TEXTS.claim, TEXTS.mended])
founderLog.newer('a frame of a newer minor: kept, in the chain, without effect', utf8('not even Yjs'))
founderLog.update('goes on in the document of the last snapshot', [TEXTS.last])

const newcomerLog = new Scribe(newcomer, '00000000000000ff')
newcomerLog.snapshot('an empty snapshot', [])
newcomerLog.update('an ack and a record', [
  TEXTS.foreign,
  textOf('ack', 10, { re: claimId, hash: toHash(crypto.sha256(utf8(TEXTS.claim))) }, 0)
])

const WRITTEN: readonly Written[] = [...founderLog.written, ...newcomerLog.written]

const makeChain = (): unknown => {
  const logs = new LogBook(crypto, mesh)
  const view = new View({ crypto, mesh })
  view.setRoster(acts.roster().members)
  const frames = WRITTEN.map(({ what, frame }) => {
    const { author, seq, kind } = frame.header
    const log = logs.open(author)
    const place = log.place(frame, frame.hash, false)
    if (place !== 'next') throw new Error(`frame ${seq} is out of place: ${place}`)
    const change = log.append(frame)
    if (change.type === 'changed') view.changeAuthor(author, authorParts(author).key, change.changes)
    if (change.type === 'replaced') view.replaceAuthor(author, authorParts(author).key, change.records)
    const counted = [...log.records].filter(([id, text]) => recordIdOf(crypto, mesh, authorParts(author).key, text) === id).map(([id]) => id)
    const after = { records: Object.fromEntries(log.records), counted: counted.sort() }
    return { what, author, seq, kind, effect: change.type, hash: frame.hash, ...after, hex: toHex(frame.bytes) }
  })
  return {
    about: 'One mesh: its acts, then the logs of its two hosts. A reader needs the hex alone; what stands beside it is what it must come to.',
    mesh,
    acts: [...acts.values()].map(act => ({ kind: act.kind, id: act.id, effect: act.content === null ? 'carried' : 'known', hex: toHex(act.bytes) })),
    members: [...acts.roster().members.values()].map(({ key, hostId, name, role, state }) => ({ key, hostId, name, role, state })),
    frames,
    actsDigest: acts.digest(),
    headsDigest: logs.digest(() => ({ state: 'member' }), acts.digest()),
    view: view.hash()
  }
}

// ---- messages

const frameBytes = (from: number, to: number): readonly Uint8Array[] => founderLog.written.slice(from, to).map(({ frame }) => frame.bytes)
const head: Head = { author: founderLog.author, state: 'held', seq: 11, hash: founderLog.written.at(-1)?.frame.hash ?? ('' as Hash) }
const filled = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte)
const fork = (() => {
  const [first] = newcomerLog.written.slice(1)
  if (first === undefined) throw new Error('the newcomer wrote nothing')
  return makeForkProof(newcomerLog.author, first.frame, newcomerLog.rival(1)).bytes
})()

const MESSAGES: readonly (readonly [string, Message])[] = [
  ['hello', { type: 'hello', generation: 1, minor: 0, mesh, key: keyOf(founder), nonce: filled(0x11), wall: BEGIN }],
  ['proof of a member', { type: 'proof', signature: filled(0x22, 64), wall: BEGIN + 1, joining: null, acts: [inviteBytes, witnessBytes] }],
  ['proof of a newcomer', { type: 'proof', signature: filled(0x33, 64), wall: BEGIN + 2, joining, acts: [] }],
  ['refuse', { type: 'refuse', code: 'INVITATION_USED', text: 'This invitation was good for one host and has been used.' }],
  ['status', { type: 'status', id: 4_294_967_295, digest: toHash(filled(0x44)), view: toHash(filled(0x55)), final: true }],
  ['heads', { type: 'heads', acts: acts.digest(), last: true, heads: [head, { author: newcomerLog.author, state: 'forked' }] }],
  ['actIds', { type: 'actIds', last: false, ids: [genesisId, inviteId] }],
  ['acts', { type: 'acts', acts: ACTS }],
  ['forks', { type: 'forks', proofs: [fork] }],
  ['want', { type: 'want', author: founderLog.author, from: Number.MAX_SAFE_INTEGER }],
  ['frames', { type: 'frames', author: founderLog.author, from: 1, more: true, frames: frameBytes(1, 3) }],
  ['push', { type: 'push', frame: frameBytes(11, 12)[0] ?? filled(0) }],
  ['have', { type: 'have', heads: [{ author: founderLog.author, seq: 11 }, { author: newcomerLog.author, seq: 0 }] }],
  ['pong', { type: 'pong', id: 7, wall: BEGIN + 3 }],
  ['wantPast', { type: 'wantPast', author: founderLog.author, from: 1, before: 3 }],
  ['past', { type: 'past', author: founderLog.author, before: 3, frames: frameBytes(1, 3) }]
]

const makeMessages = (): unknown => {
  const hello = MESSAGES[0]?.[1]
  if (hello === undefined) throw new Error('there is no hello')
  const newer: Message = { ...hello, generation: 2, minor: 5 } as Message
  return {
    about: 'One of each message. "longer": a newer hello may have more bytes, so that its generation can be read before it is refused.',
    mesh,
    messages: [
      ...MESSAGES.map(([name, message]) => ({ name, longer: false, message: plain(message), hex: toHex(encodeMessage(message)) })),
      { name: 'hello of a later generation', longer: true, message: plain(newer), hex: `${toHex(encodeMessage(newer))}c0ffee` }
    ]
  }
}

// ---- records

const RECORDS: readonly (readonly [string, string])[] = [
  ['plain ASCII', TEXTS.first],
  ['a claim', TEXTS.claim],
  ['two, three and four bytes a character, right to left, escapes', TEXTS.unicode],
  ['the same letters composed', textOf('note', 20, { text: 'é' })],
  ['and decomposed: another record', textOf('note', 20, { text: 'e\u0301' })],
  ['spaces belong to the text', ' {"v":1, "kind":"note", "session":"s", "stamp":[1,0], "text":"spaced"} '],
  ['a kind of a later version', '{"v":2,"kind":"hologram","session":"s","stamp":[1,0],"colour":"red"}'],
  ['not JSON: signed, kept, invalid', 'hello'],
  ['the empty text', '']
]

const makeRecords = (): unknown => ({
  about: 'A record is its text, byte for byte; its id is a hash over mesh, host key and text. "type" is what this version reads in it.',
  mesh,
  hostKey: keyOf(founder),
  hostId: hostIdOf(crypto, keyOf(founder)),
  records: RECORDS.map(([what, text]) => {
    const id = recordIdOf(crypto, mesh, keyOf(founder), text)
    return { what, text, utf8: toHex(utf8(text)), type: parseRecord(text).type, id }
  })
})

// ---- handshake

const makeHandshake = (): unknown => {
  const nonces = { dialled: filled(0xd1), accepted: filled(0xac) }
  const binding = filled(0xb1)
  const keys = { dialled: newcomer, accepted: founder }
  const sideOf = (side: Side): unknown => {
    const other = side === 'dialled' ? 'accepted' : 'dialled'
    const meeting = { mesh, side, ownKey: keyOf(keys[side]), ownNonce: nonces[side], binding }
    const hello = { type: 'hello', generation: 1, minor: 0, mesh, key: keyOf(keys[other]), nonce: nonces[other], wall: 0 } as const
    const statement = domainPrefix('link', mesh)
      .u8(side === 'dialled' ? 0 : 1)
      .raw(newcomer.publicKey)
      .raw(nonces.dialled)
      .raw(founder.publicKey)
      .raw(nonces.accepted)
      .raw(binding)
      .done()
    return { key: keyOf(keys[side]), nonce: toHex(nonces[side]), statement: toHex(statement), signature: toHex(signProof(keys[side], meeting, hello)) }
  }
  const by = toHex(invitation.publicKey) as InvitationKey
  const newcomerSays = { mesh, hostKey: keyOf(newcomer), name: joining.name, by }
  const founderSays = { mesh: NO_MESH, hostKey: keyOf(founder), name: 'mac', by: toHex(operator.publicKey) as InvitationKey }
  const { epoch } = authorParts(founderLog.author)
  const token = {
    mesh,
    meshName: 'demo',
    secret: seedOf('invitation'),
    host: keyOf(founder),
    hostName: 'mac',
    expires: BEGIN + 86_400_000,
    addresses: [{ url: 'wss://192.168.1.20:7350', label: 'lan' }, { url: 'wss://mac.example.net:7350', label: 'advertised' }]
  }
  return {
    about: 'A link between a dialling newcomer and the founder, the joining statements, and the token that the newcomer was given.',
    mesh,
    seeds: Object.fromEntries(['operator', 'founder', 'newcomer', 'invitation'].map(name => [name, toHex(seedOf(name))])),
    binding: toHex(binding),
    dialled: sideOf('dialled'),
    accepted: sideOf('accepted'),
    joining: {
      hostKey: keyOf(newcomer),
      name: joining.name,
      by,
      statementByInvitation: toHex(joiningStatement('invitation', newcomerSays)),
      byInvitation: toHex(joining.byInvitation),
      statementByHost: toHex(joiningStatement('joining', newcomerSays)),
      byHost: toHex(joining.byHost)
    },
    founding: {
      hostKey: keyOf(founder),
      name: 'mac',
      by: toHex(operator.publicKey),
      statementByHost: toHex(joiningStatement('joining', founderSays))
    },
    clientId: { author: founderLog.author, epoch: toHex(epochBytes(epoch)), snapshotSeq: 5, value: clientIdOf(crypto, mesh, founderLog.author, 5) },
    token: { text: need(encodeToken(crypto, token)), content: plain(token) }
  }
}

/** File name → text of every golden file. `SKEIN_WRITE_VECTORS=1 npx vitest run --config test/vitest.config.mjs test/vectors` writes them. */
export const makeVectors = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({ 'chain.json': makeChain(), 'messages.json': makeMessages(), 'records.json': makeRecords(), 'handshake.json': makeHandshake() }).map(
      ([name, content]) => [name, `${JSON.stringify(content, null, 1)}\n`]
    )
  )
