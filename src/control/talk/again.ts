import { kindShown, type Entry } from '../../core/coordination/records/entry.js'
import { kindSpec } from '../../core/coordination/records/kinds.js'
import type { RecordFields } from '../../core/coordination/records/record.js'
import { failure, success, type Result } from '../../core/result.js'
import type { OperationContext, Outcome } from '../operation.js'
import { recordNamed, saidData, type SaidData } from './speech.js'

const fieldsOf = ({ parsed }: Entry): RecordFields => (parsed.type === 'valid' ? parsed.record.fields : {})

/** How often something was said; null where that was never counted. */
export const attemptOf = (entry: Entry): number | null => {
  const { attempt } = fieldsOf(entry)
  return typeof attempt === 'number' ? attempt : null
}

/** A word of the caller's own, or of a session that it came after, that nothing stands for yet. */
const ownWord = (context: OperationContext, id: string, kind: string | null): Result<Entry> => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const found = recordNamed(context, id)
  if (!found.ok) return found
  const entry = found.value
  const short = view.shortId(entry)
  const isOwn = entry.host === hostId && entry.session !== null && view.deliveries.speaksFor({ host: hostId, session }, { host: hostId, session: entry.session })
  if (!isOwn) return failure('NOT_HOLDER', `${short} is not this session's; only its own author says it anew`, { field: 'id', next: [`skein show ${short}`] })
  if (kind !== null && kindShown(entry) !== kind) return failure('FIELD_INVALID', `${short} is a ${kindShown(entry)}, not a ${kind}`, { field: 'supersedes', next: [`skein send --again ${short}`] })
  const spec = kindSpec(kindShown(entry))
  if (spec === null || spec.family === 'claims' || !Object.hasOwn(spec.fields, 'supersedes')) return failure('FIELD_INVALID', `a ${kindShown(entry)} is not said again`, { field: 'id' })
  if (fieldsOf(entry).to === undefined) return failure('FIELD_INVALID', `${short} was said to nobody, so there is nobody to say it to again`, { field: 'id' })
  const newer = view.deliveries.supersededBy(entry)
  if (newer !== null) return failure('FIELD_INVALID', `${short} was said anew already, as ${view.shortId(newer)}`, { field: 'id', next: [`skein show ${view.shortId(newer)}`] })
  return view.deliveries.withdrawn(entry) ? failure('FIELD_INVALID', `${short} was taken back`, { field: 'id', next: [`skein show ${short}`] }) : success(entry)
}

/** The fields by which a new word of this kind stands for an earlier one: which, and how often it was said by then. */
export const superseding = (context: OperationContext, id: string, kind: string): Result<RecordFields> => {
  const older = ownWord(context, id, kind)
  return older.ok ? success(newerFields(older.value)) : older
}

const newerFields = (older: Entry): RecordFields => ({ supersedes: older.id, attempt: (attemptOf(older) ?? 1) + 1 })

/** The same once more in its place: to the same, about the same, with this text where one is given. What was due by a time that is over is due no more. */
export const speakAgain = async (context: OperationContext, id: string, text: string | undefined): Promise<Outcome<SaidData>> => {
  const { host, session, meshNow } = context
  const older = ownWord(context, id, null)
  if (!older.ok) return older
  const { deadline, expires, ...fields } = fieldsOf(older.value)
  const stillDue = (at: unknown): at is number => typeof at === 'number' && at > meshNow
  const again = { ...fields, ...(text === undefined ? {} : { text }), ...(stillDue(deadline) ? { deadline } : {}), ...(stillDue(expires) ? { expires } : {}), ...newerFields(older.value) }
  const written = await host.write(session, [{ kind: kindShown(older.value), fields: again }])
  if (!written.ok) return written
  const [record] = written.value
  const entry = record === undefined ? null : host.replica.view.record(record.id)
  if (entry === null) throw new Error('a record that was written is not in the view')
  return { ok: true, data: saidData(context, entry) }
}
