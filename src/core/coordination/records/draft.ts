import { failure, success, type Result } from '../../result.js'
import { KIND_NAMES, kindSpec } from './kinds.js'
import { isActId, isRecordId, type Reference } from './reference.js'
import { readFields, type RecordFields } from './record.js'

/** The kind of what a reference names, or null where this host holds no such thing. */
export type KindOf = (id: Reference) => string | null

const COMMANDS: Readonly<Record<string, string>> = {
  claim: 'skein claim SCOPE…',
  renew: 'skein renew',
  release: 'skein release SCOPE|ID…',
  wait: 'skein wait SCOPE…|ID…',
  reclaim: 'skein take ID --reason TEXT',
  resolve: 'skein resolve ID --yield|--split SCOPE…|--both',
  offer: 'skein hand ID TO',
  take: 'skein take ID',
  intent: 'skein intent TEXT',
  proposal: 'skein propose TO TEXT --scope S…',
  ack: 'skein ack ID',
  nack: 'skein nack ID --reason TEXT',
  repo: 'skein repo add',
  handoff: 'skein sessions end'
}

/** Kinds that others' records may have, and that no command here writes: their commands come with a later version. */
const NO_COMMAND_YET = new Set(['tempo'])

const unknown = (kind: string) =>
  failure('KIND_UNKNOWN', `there is no kind ${JSON.stringify(kind)}`, { field: 'kind', details: { kind, kinds: KIND_NAMES } })

/** Whether `send --kind` may make one, and where not, what does. */
export const checkSendable = (kind: string): Result<true> => {
  const command = COMMANDS[Object.hasOwn(COMMANDS, kind) ? kind : '']
  if (kind === 'role') {
    const why = 'a role is given by an operator, in an act and not in a record (today by the invitation); a session calls itself by labels'
    return failure('FIELD_INVALID', why, { field: 'kind', details: { kind }, next: ['skein invite --role ROLE'] })
  }
  const spec = kindSpec(kind)
  if (spec === null) return unknown(kind)
  if (spec.sendable) return success(true)
  const why = NO_COMMAND_YET.has(kind) ? 'has no command yet' : command === undefined ? 'is written by the host itself' : 'has a command of its own'
  return failure('FIELD_INVALID', `${kind} ${why}`, { field: 'kind', details: { kind }, ...(command === undefined ? {} : { next: [command] }) })
}

const NO_ACK = new Set(['ack', 'nack', 'receipt'])

const checkReference = (kind: string, re: unknown, answers: readonly string[] | undefined, kindOf: KindOf): Result<true> => {
  if (typeof re !== 'string' || !(isRecordId(re) || isActId(re))) return success(true)
  const about = kindOf(re)
  if (about === null) return failure('NO_SUCH_RECORD', `this host holds no record ${re}`, { field: 're', details: { re } })
  if ((kind === 'ack' || kind === 'nack') && NO_ACK.has(about)) {
    return failure('ACK_OF_ACK', `${re} is itself ${about === 'ack' ? 'an ack' : `a ${about}`}; it needs none`, { field: 're', details: { re, kind: about } })
  }
  return answers === undefined || answers.includes(about)
    ? success(true)
    : failure('FIELD_INVALID', `re names a ${about}; ${kind} answers ${answers.join(' or ')}`, { field: 're', details: { re, kind: about } })
}

/**
 * Whether these fields make a record of this kind, and the fields to form it from. Names the first that is wrong: `KIND_UNKNOWN`,
 * `FIELD_MISSING`, `FIELD_INVALID`, and with `kindOf` also `NO_SUCH_RECORD` and `ACK_OF_ACK`. A field that the kind does not know is an
 * error here, though not in what others wrote: it is a typing mistake today and a newer version's field there.
 */
export const checkDraft = (kind: string, fields: RecordFields, kindOf?: KindOf): Result<RecordFields> => {
  const spec = kindSpec(kind)
  if (spec === null) return kind === 'role' ? failureOf(checkSendable(kind), kind) : unknown(kind)
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const stray = given.find(([name]) => !Object.hasOwn(spec.fields, name))
  if (stray !== undefined) {
    return failure('FIELD_INVALID', `${kind} has no field ${stray[0]}`, { field: stray[0], details: { kind, fields: Object.keys(spec.fields) } })
  }
  const read = readFields(spec, fields, null)
  if ('problem' in read) {
    const { field, why, missing } = read.problem
    return failure(missing === true ? 'FIELD_MISSING' : 'FIELD_INVALID', `${field} ${why}`, { field, details: { kind, type: spec.fields[field]?.type ?? null } })
  }
  if (kindOf !== undefined) {
    const checked = checkReference(kind, fields.re, spec.answers, kindOf)
    if (!checked.ok) return checked
  }
  return success(Object.fromEntries(given))
}

const failureOf = (checked: Result<true>, kind: string) => (checked.ok ? unknown(kind) : checked)
