import { itemOf } from '../../core/coordination/claims/item.js'
import type { Scope } from '../../core/coordination/scope/scope.js'
import { overlap } from '../../core/coordination/scope/overlap.js'
import { ScopeIndex } from '../../core/coordination/scope/scopeindex.js'
import { compareEntries, isKindOf, type EntryOf } from '../../core/coordination/records/entry.js'
import type { OperationContext } from '../operation.js'
import type { Work } from './claims.js'
import type { RecapClass, RecapItem } from './sheet.js'
import { reasonText, saidText, scopeText, sessionText, sinceText } from './words.js'

/** What a session has claimed, found without a scan. */
const claimedScopes = ({ mine }: Work): ScopeIndex<Scope> => {
  const index = new ScopeIndex<Scope>()
  for (const { repo, scope } of mine) {
    for (const item of scope) {
      const { scope: each } = itemOf(item)
      index.add(repo, each, each)
    }
  }
  return index
}

/** Decisions that touch what this session has claimed, and that nobody took back; the newest first. */
export const decisionsOnMine = ({ host }: OperationContext, work: Work): RecapClass => {
  const { view } = host.replica
  const mine = claimedScopes(work)
  const touches = ({ parsed }: EntryOf<'decision'>): boolean => {
    const { repo = '', scope = [] } = parsed.record.fields
    return scope.some(text => {
      const { scope: decided } = itemOf(text)
      return Array.from(mine.candidates(view.repositories.nameOf(repo), decided)).some(each => overlap(decided, each) !== null)
    })
  }
  const standing = Array.from(view.ofKind('decision')).filter(entry => isKindOf(entry, 'decision')).filter(entry => touches(entry) && !view.deliveries.withdrawn(entry))
  const items = standing.sort((left, right) => compareEntries(right, left)).map((entry): RecapItem => {
    const { scope = [], text, reason = null } = entry.parsed.record.fields
    const head = `${view.shortId(entry)} by ${sessionText(host, entry)}`
    return { id: view.shortId(entry), full: () => `${head}, ${sinceText(host, entry.wall)}, on ${scopeText(scope)}: ${saidText(text)}${reason === null ? '' : ` because${reasonText(reason).slice(1)}`}`, short: () => head }
  })
  return { name: 'decisions', title: 'decisions on my scopes', command: 'skein log --kind decision', items }
}
