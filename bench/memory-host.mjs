import { nodeCrypto, nodeSigner } from '../dist/adapters/crypto/node.js'
import { foundMesh } from '../dist/core/coordination/membership/genesis.js'
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

  release(claims, session = 'bench') {
    this.feed({ type: 'write', request: ++this.#request, session, drafts: [{ kind: 'release', fields: { claims } }], strict: false })
  }
}
