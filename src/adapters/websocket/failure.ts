import type { DialFailure } from '../../ports/transport.js'
import { codeOf } from './reason.js'

/** How far a dial had come. */
export type Stage = 'connect' | 'tls' | 'upgrade' | 'agreement'

type Reason = DialFailure['reason']

const REASON_BY_CODE: ReadonlyMap<string, Reason> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['ENOTFOUND', 'unresolved'],
  ['ENODATA', 'unresolved'],
  ['EAI_AGAIN', 'unresolved'],
  ['EAI_FAIL', 'unresolved'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['ECONNRESET', 'closed'],
  ['EPIPE', 'closed'],
  ['EPROTO', 'not-skein']
])
/** A name may stand for several addresses, each with its own error: the one that says most is told. */
const TELLING: readonly Reason[] = ['refused', 'timeout', 'unreachable']

const TEXT_BY_STAGE: Readonly<Record<Stage, string>> = {
  connect: 'closed the connection at once: busy, or not skein',
  tls: 'closed the connection during the TLS handshake: busy, without TLS, or not skein',
  upgrade: 'closed the connection before it answered',
  agreement: 'closed the connection during the key agreement'
}

export const fail = (reason: Reason, text: string): { readonly ok: false; readonly failure: DialFailure } => ({ ok: false, failure: { reason, text } })

const reasonOf = (code: string, stage: Stage): Reason => {
  const known = REASON_BY_CODE.get(code)
  if (known !== undefined) return known
  if (code.startsWith('ERR_SSL_') || code.startsWith('HPE_')) return 'not-skein'
  return code === '' && stage === 'upgrade' ? 'not-skein' : 'other'
}

const mostTelling = (error: Error): Error => {
  if (!(error instanceof AggregateError)) return error
  const errors = error.errors.filter((each): each is Error => each instanceof Error)
  for (const reason of TELLING) {
    const found = errors.find((each) => reasonOf(codeOf(each), 'connect') === reason)
    if (found !== undefined) return found
  }
  return errors[0] ?? error
}

/** What went wrong, in words. `where` is `host:port` as dialled. */
export const dialFailure = (cause: Error, where: string, stage: Stage): { readonly ok: false; readonly failure: DialFailure } => {
  const error = mostTelling(cause)
  const code = codeOf(error)
  const tried = 'address' in error && typeof error.address === 'string' && !where.includes(error.address) ? `${where} (${error.address})` : where
  const reason = reasonOf(code, stage)
  switch (reason) {
    case 'refused':
      return fail(reason, `connection refused by ${tried}: nothing listens there, or a firewall refuses`)
    case 'timeout':
      return fail(reason, `no answer from ${tried}`)
    case 'unresolved':
      return fail(reason, `no address is known for ${where}: the name cannot be resolved${code === 'EAI_AGAIN' ? ' just now' : ''}`)
    case 'unreachable':
      return fail(reason, `no way to ${tried} from this machine's network (${code})`)
    case 'closed':
      return fail(reason, `${where} ${TEXT_BY_STAGE[stage]}`)
    case 'not-skein':
      return fail(reason, stage === 'tls' ? `${where} answers, but not with TLS 1.3 as skein does` : `${where} answers, but not as skein`)
    default:
      return fail(reason, `${where}: ${code === '' ? 'the connection broke' : code}`)
  }
}
