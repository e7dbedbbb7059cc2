import type { ActId, Millis } from '../../brand.js'

/** Where an operator's word holds: everywhere; in one repository; on items of it; or, without a repository, on names. */
export interface Whereabouts {
  readonly repo?: string
  readonly scope?: readonly string[]
}

/**
 * What an operator wants of the mesh. Any key and value may stand here: one that this version does not know has no effect here. Without a value what was
 * set of this key, at this very place, is cleared. `expires` is mesh time in milliseconds.
 */
export interface PolicyBody extends Whereabouts {
  readonly key: string
  readonly value?: string
  readonly expires?: Millis
}

/** An operator's word to everybody. `expires` is mesh time in milliseconds. */
export interface DirectiveBody extends Whereabouts {
  readonly text: string
  readonly expires?: Millis
  /** No claim is made there while it stands. */
  readonly stop?: boolean
}

/** Ends a directive. */
export interface WithdrawBody {
  readonly directive: ActId
  readonly reason?: string
}
