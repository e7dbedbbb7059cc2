import type { ActId, AuthorId } from '../brand.js'
import type { ErrorCode } from '../errors.js'

/** What a replica hands over to be put on disk together; `ports/store.ts` is the port that does it. */
export interface StoredBatch {
  readonly frames: readonly { readonly author: AuthorId; readonly seq: number; readonly bytes: Uint8Array }[]
  readonly starts: readonly { readonly author: AuthorId; readonly seq: number }[]
  readonly retired: readonly { readonly author: AuthorId; readonly from: number; readonly until: number }[]
  readonly acts: readonly { readonly id: ActId; readonly bytes: Uint8Array | null }[]
  readonly proofs: readonly { readonly author: AuthorId; readonly bytes: Uint8Array }[]
  readonly notes: readonly { readonly key: string; readonly value: string | null }[]
}

export interface ReadLimit {
  readonly frames: number
  readonly bytes: number
}

/** Why nothing is put on disk any more, from the first storage error on until the store is opened anew. */
export interface Fence {
  readonly code: ErrorCode
  readonly reason: string
}
