import type { AuthorId, Hash } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { decodeFrame } from '../../replication/frame.js'
import type { LastHead } from '../../replication/log-book.js'
import { frameHash } from '../../replication/verification.js'
import type { Context } from '../context.js'
import type { Reads } from '../reads.js'

/** Who takes what is read, and what comes after the last of it. Nothing does once it is wanted no more. */
export interface Reader {
  isWanted(): boolean
  take(bytes: Uint8Array): void
  end(): void
}

const CHUNK = { frames: LIMITS.framesPerReply, bytes: LIMITS.framesPerReplyBytes }

/** Logs as they lie on the own disk, read piece by piece. */
export class StoredChains {
  readonly #context: Context
  readonly #reads: Reads

  constructor(context: Context, reads: Reads) {
    this.#context = context
    this.#reads = reads
  }

  /**
   * The chain that ends in this head, from its newest whole snapshot on: read downwards, each frame held against the hash that the one above it names,
   * so that what lies on the disk of other branches is never taken for it.
   * @param done gets its frames in rising order, null where the disk does not hold them all
   */
  down(author: AuthorId, head: LastHead, done: (chain: readonly Uint8Array[] | null) => void): void {
    this.#down(author, { before: head.seq + 1, hash: head.hash }, [], done)
  }

  /** What a start would read: from this number on to the end. */
  on(author: AuthorId, from: number, reader: Reader): void {
    this.#reads.begin(author, from, CHUNK, read => {
      if (!reader.isWanted()) return
      for (const bytes of read) reader.take(bytes)
      const next = read.length > 0 ? from + read.length : this.#context.logs.onDisk(author).find(({ first }) => first > from)?.first
      if (next === undefined) return reader.end()
      this.on(author, next, reader)
    })
  }

  #down(author: AuthorId, above: { readonly before: number; readonly hash: Hash }, chain: readonly Uint8Array[], done: (chain: readonly Uint8Array[] | null) => void): void {
    const { crypto } = this.#context
    const last = above.before + chain.length - 1
    this.#reads.beginBefore(author, above.before, CHUNK, read => {
      let { before, hash } = above
      const found = [...chain]
      for (const bytes of read.toReversed()) {
        const decoded = decodeFrame(bytes)
        if (!decoded.ok || frameHash(crypto, decoded.value.headerBytes) !== hash) return done(null)
        const { seq, prev, kind, part, parts } = decoded.value.header
        found.unshift(bytes)
        before = seq
        hash = prev
        if (seq === 0 || (kind === 'snapshot' && part === 0 && seq + parts - 1 <= last)) return done(found)
      }
      if (read.length === 0) return done(null)
      this.#down(author, { before, hash }, found, done)
    })
  }
}
