import { recipientsOf } from '../records/addressee.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import { ownRecord } from './standing.js'

/**
 * Of what was said to an offer the takes that count, the one that wins first: by a host that the offer names, before it expired, and before
 * its author took it back. A session is a name within its host's signature, and one that ended has a successor: which session of the host
 * may take is the host's to see to. What came before what is told by the records themselves (`compareEntries`), so every host says the same
 * whatever came first to it, also of two who took at once.
 */
export const countedTakes = (offer: EntryOf<'offer'>, said: Iterable<Entry>): EntryOf<'take'>[] => {
  const { to, expires } = offer.parsed.record.fields
  const recipients = to === undefined ? [] : recipientsOf(to)
  const takes: EntryOf<'take'>[] = []
  let withdrawn: Entry | null = null
  for (const entry of said) {
    if (isKindOf(entry, 'withdraw') && ownRecord(offer, entry) && (withdrawn === null || compareEntries(entry, withdrawn) < 0)) withdrawn = entry
    else if (isKindOf(entry, 'take')) takes.push(entry)
  }
  const isAddressed = (take: Entry): boolean => recipients.some(({ host }) => host === take.host)
  const isInTime = (take: Entry): boolean => (expires === undefined || take.wall <= expires) && (withdrawn === null || compareEntries(take, withdrawn) < 0)
  return takes.filter(take => !ownRecord(offer, take) && isAddressed(take) && isInTime(take)).sort(compareEntries)
}
