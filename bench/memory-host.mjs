import { nodeCrypto, nodeSigner } from '../dist/adapters/crypto/node.js'
import { foundMesh } from '../dist/core/coordination/membership/genesis.js'
import { formRecord, recordNaming } from '../dist/core/coordination/records/record.js'
import { hostIdOf } from '../dist/core/domain.js'
import { Replica } from '../dist/core/replica/replica.js'
import { claimOf } from './claims.mjs'

const take = result => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

/** A host without disk or network: the founder of a mesh, with every commit done at once. `frames` are those it has put on its disk. */
export class MemoryHost {
  mono = 1_000
  /** How far its clock is ahead of the machine's, in ms: hours of work in seconds. */
  ahead = 0
  frames = []
  #request = 0

  constructor(name = 'a', crypto = nodeCrypto) {
    this.crypto = crypto
    const signer = nodeSigner(crypto.sha256(new TextEncoder().encode(name)))
    const founded = take(foundMesh(crypto, { name: 'bench', hostName: name, role: 'worker', stamp: { wall: Date.now(), count: 0 } }, nodeSigner(crypto.sha256(new Uint8Array(1))), signer))
    this.replica = new Replica({ crypto, mesh: founded.mesh, signer })
    this.feed({ type: 'actLoaded', bytes: founded.bytes })
    this.feed({ type: 'started', epochNonce: crypto.sha256(signer.publicKey).subarray(0, 8) })
  }

  feed(input) {
    const waiting = [input]
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      for (const effect of this.replica.handle(next, { wall: this.wall, mono: this.mono + this.ahead })) {
        if (effect.type === 'answer') take(effect.outcome)
        if (effect.type !== 'commit') continue
        for (const { bytes } of effect.batch.frames) this.frames.push(bytes)
        waiting.push({ type: 'committed', batch: effect.id })
      }
    }
  }

  get wall() {
    return Date.now() + this.ahead
  }

  /** One commit, so one frame, for all these paths; one session for each of them, so that all are seen by each. */
  claim(paths, session = 'bench') {
    this.feed({ type: 'write', request: ++this.#request, session, drafts: paths.map(path => claimOf(path, this.wall)), strict: false })
  }

  /** Claims of a made-up host, put into the view alone: one host makes no more than 1,024 live ones. Without signatures and frames. */
  claimElsewhere(number, paths, session = 'bench') {
    const { view, mesh } = this.replica
    const key = number.toString(16).padStart(2, '0').repeat(32)
    view.setRoster(new Map([...view.members(), [key, { hostId: hostIdOf(this.crypto, key), name: `host${number}`, role: 'worker', state: 'member' }]]))
    const nameOf = recordNaming(this.crypto, mesh, key)
    const set = paths.map((path, count) => {
      const { kind, fields } = claimOf(path, this.wall)
      const text = take(formRecord({ kind, session, stamp: [this.wall, count], offset: 0, fields: { ...fields, turn: [Math.floor(this.wall / 60_000), 0] } }))
      return [nameOf(text), text]
    })
    view.changeAuthor(`${key}/${'7'.repeat(24)}`, key, { set, removed: [] })
  }

  release(claims, session = 'bench') {
    this.feed({ type: 'write', request: ++this.#request, session, drafts: [{ kind: 'release', fields: { claims } }], strict: false })
  }
}
