import { isKindOf, type EntryOf } from '../../core/coordination/records/entry.js'
import type { Host } from '../../host/host.js'
import type { OperationContext } from '../operation.js'
import type { RecapClass, RecapItem } from './sheet.js'
import { saidText, scopeText, sessionText, sinceText } from './words.js'

const partsOf = (host: Host, { parsed }: EntryOf<'handoff'>): string[] => {
  const { failure, scope, intent: id, transcript } = parsed.record.fields
  const intent = id === undefined ? null : host.replica.view.record(id)
  return [
    ...(failure === undefined ? [] : [`failed with ${saidText(failure)}`]),
    ...(scope === undefined ? [] : [`uncommitted ${scopeText(scope)}`]),
    ...(intent !== null && isKindOf(intent, 'intent') ? [`was about to ${saidText(intent.parsed.record.fields.text)}`] : []),
    ...(transcript === undefined ? [] : [`transcript ${saidText(transcript)}`])
  ]
}

/** What sessions that ended left to this one, which came after them: the last failure, paths in no commit, an open plan. The newest first. */
export const leftToMe = ({ host, session }: OperationContext): RecapClass => {
  const { view, hostId } = host.replica
  const items = view.deliveries.successions.takenBy({ host: hostId, session }).map((handoff): { readonly item: RecapItem; readonly says: boolean } => {
    const head = `${view.shortId(handoff)} of ${sessionText(host, handoff)}, ${handoff.parsed.record.fields.cause} ${sinceText(host, handoff.wall)}`
    const parts = partsOf(host, handoff)
    return { item: { id: view.shortId(handoff), full: () => `${head}: ${parts.join('; ')}`, short: () => head }, says: parts.length > 0 }
  })
  return { name: 'left', title: 'left to me', command: 'skein log --kind handoff', items: items.filter(({ says }) => says).map(({ item }) => item).toReversed() }
}
