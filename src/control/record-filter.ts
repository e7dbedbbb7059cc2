import { z } from 'zod'
import type { RecordId } from '../core/brand.js'
import { KIND_NAMES } from '../core/coordination/records/kinds.js'
import type { TimelineFilter } from '../core/coordination/timeline/filter.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { findPeer } from './addressees.js'
import { nearest } from './nearest.js'
import type { OperationContext } from './operation.js'
import { scopeHere } from './scopes.js'

/** What every listing of records can be narrowed by. */
export const filterArgs = {
  kinds: z.array(z.string()).optional(),
  scope: z.array(z.string()).optional(),
  since: z.number().optional().describe('wall clock in ms'),
  until: z.number().optional().describe('wall clock in ms')
}

interface Wanted {
  readonly kinds?: readonly string[] | undefined
  readonly scope?: readonly string[] | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly peer?: string | undefined
  readonly grep?: string | undefined
  /** Also what hosts write about themselves. */
  readonly all?: boolean | undefined
}

const checkKinds = (kinds: readonly string[], command: string): Result<true> => {
  const wrong = kinds.find(kind => !KIND_NAMES.includes(kind) && kind !== 'invalid' && !/^unknown:[a-z][a-z0-9-]{0,31}$/.test(kind))
  if (wrong === undefined) return success(true)
  const meant = nearest(wrong, KIND_NAMES)
  const ask = meant === null ? '' : `; did you mean ${meant}?`
  return failure('KIND_UNKNOWN', `there is no kind ${JSON.stringify(wrong.slice(0, LIMITS.nameChars))}${ask}`, { field: 'kind', details: { kind: wrong.slice(0, LIMITS.nameChars), kinds: KIND_NAMES, meant }, next: meant === null ? [`${command} --help`] : [`${command} --kind ${meant}`] })
}

/**
 * What a listing of records is to hold, from what was typed in the caller's folder. `KIND_UNKNOWN`, and what scopes and peers may be refused by.
 *
 * @param command what `next` suggests to type again
 */
export const filterOf = async (context: OperationContext, { kinds, scope, peer, grep, since, until, all = false }: Wanted, command: string): Promise<Result<TimelineFilter>> => {
  const checked = checkKinds(kinds ?? [], command)
  if (!checked.ok) return checked
  const here = scope === undefined || scope.length === 0 ? null : await scopeHere(context, scope)
  if (here?.ok === false) return here
  const from = peer === undefined ? null : findPeer(context.host, peer, `${command} --peer`)
  if (from?.ok === false) return from
  const { replica } = context.host
  return success({
    talkOnly: !all && kinds === undefined,
    lookup: id => replica.view.record(id as RecordId),
    ...(kinds === undefined ? {} : { kinds }),
    ...(from === null ? {} : { from: [from.value.session === null ? { host: from.value.host } : { host: from.value.host, session: from.value.session }] }),
    ...(grep === undefined ? {} : { text: grep }),
    ...(since === undefined ? {} : { since: replica.meshTime(since) }),
    ...(until === undefined ? {} : { until: replica.meshTime(until) }),
    ...(here === null ? {} : { scope: { repositories: replica.view.repositories, repo: here.value.repo ?? '', items: here.value.scope } })
  })
}
