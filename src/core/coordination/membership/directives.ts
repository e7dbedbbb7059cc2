import type { ActId, Millis } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { compareStamps, type Stamp } from '../../stamp.js'
import type { OperatorKey } from './body.js'
import type { DirectiveBody } from './decree.js'
import type { Authority } from './operators.js'

/** That an operator, the same or another, took a directive back. */
export interface Withdrawal {
  readonly act: ActId
  readonly by: OperatorKey
  readonly stamp: Stamp
  readonly reason: string | null
}

/** An operator's word to everybody. Whether it has expired is asked with a time in hand (`policy/directive.ts`). */
export interface Directive extends Pick<DirectiveBody, 'repo' | 'scope'> {
  readonly act: ActId
  readonly by: OperatorKey
  readonly stamp: Stamp
  readonly text: string
  readonly stop: boolean
  /** Mesh time in milliseconds; null: until it is withdrawn. */
  readonly expires: Millis | null
  readonly withdrawn: Withdrawal | null
}

/** Every directive of an operator that stands, the latest first by their stamps. Any operator can withdraw any; the first withdrawal is named. */
export const standingDirectives = (authority: Authority): readonly Directive[] => {
  const withdrawals = new Map<ActId, Withdrawal>()
  for (const { id, signer, stamp, content } of authority.actsOf('withdraw')) {
    const { directive, reason = null } = content.body
    const known = withdrawals.get(directive)
    if (known === undefined || compareStamps(stamp, known.stamp) < 0) withdrawals.set(directive, { act: id, by: signer as string as OperatorKey, stamp, reason })
  }
  const directives = authority.actsOf('directive').map(({ id, signer, stamp, content }): Directive => {
    const { stop = false, expires = null, ...body } = content.body
    return { ...body, act: id, by: signer as string as OperatorKey, stamp, stop, expires, withdrawn: withdrawals.get(id) ?? null }
  })
  return directives.sort((left, right) => compareStamps(right.stamp, left.stamp) || compareText(left.act, right.act))
}
