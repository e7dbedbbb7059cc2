import { ageText } from '../control/age.js'
import type { Reply } from '../control/envelope.js'
import type { WithheldRow } from '../control/withheld.js'
import type { ClaimData } from '../control/words.js'
import { quoted, visible } from '../control/visible.js'
import type { WaiterRow } from '../control/waiting/waiters.js'

/** `14:02Z` on the day of `now`, else with its date. */
export const clock = (at: string, now = new Date().toISOString()): string => `${at.slice(0, 10) === now.slice(0, 10) ? '' : `${at.slice(0, 10)} `}${at.slice(11, 16)}Z`

/** The root as people type it; others' words made visible. */
export const scopeText = (scope: readonly string[]): string => scope.map(item => (item === '' ? ':/' : visible(item))).join(' ')

export const reasonText = (reason: string | null): string => (reason === null ? '' : quoted(reason, 280))

export const branchText = ({ branch, base }: Pick<ClaimData, 'branch' | 'base'>): string => {
  if (branch === null) return base === null ? '' : `at ${visible(base.slice(0, 7))}`
  return `on ${visible(branch.replace(/^refs\/heads\//, ''))}${base === null ? '' : `@${visible(base.slice(0, 7))}`}`
}

/** `since 14:02Z (4 min), until 14:34Z`; of a lapsed one when its lease ended. */
export const leaseText = ({ since, until, state }: Pick<ClaimData, 'since' | 'until' | 'state'>, now = Date.now()): string => {
  const began = `since ${clock(since)} (${ageText(now - Date.parse(since))})`
  if (state === 'stale') return `${began}, its lease ended ${clock(until)} (${ageText(now - Date.parse(until))} ago)`
  return state === 'not-yet' ? `from ${clock(since)}, until ${clock(until)}` : `${began}, until ${clock(until)}`
}

/** `box/codex-2b waits for it (4 min)`; empty where nobody does. */
export const waitersText = (waiting: readonly WaiterRow[]): string => {
  const [first, ...rest] = waiting
  if (first === undefined) return ''
  return rest.length === 0 ? `${visible(first.by)} waits for it (${ageText(first.waited_ms)})` : `${waiting.length} wait for it, ${visible(first.by)} for ${ageText(first.waited_ms)}`
}

const ENDED = { left: 'it left', retired: 'it was retired', revoked: 'its key was revoked', rotated: 'its key was rotated' }

/** A line for each epoch whose claims count for nothing yet, or no longer, and may stand all the same. */
export const withheldLines = (withheld: readonly WithheldRow[]): string[] =>
  withheld.map(({ host, epoch, why, scope }) => {
    const reason = why === 'forked' ? `forked (epoch ${epoch})` : `${ENDED[why]}, and the log that stays (epoch ${epoch}) is not here yet`
    return `claims of ${visible(host)} withheld: ${reason}${scope === null || scope.length === 0 ? '' : `; they cover ${scopeText(scope)}`}`
  })

/** A line for each host whose news is too old to lean on, or whose claims are withheld: absence is told apart from zero. */
export const silenceLines = ({ envelope }: Reply): string[] => {
  if (!envelope.ok || !('silent' in envelope.freshness)) return []
  const { silent, withheld } = envelope.freshness
  const unheard = silent.map(({ host, since, held }) => {
    const claims = `${held} claim${held === 1 ? '' : 's'}`
    return since === null ? `${visible(host)} was never heard by this host; its ${claims} came by others` : `${visible(host)} not heard since ${clock(since)}; it then held ${claims}`
  })
  return [...unheard, ...withheldLines(withheld)]
}
