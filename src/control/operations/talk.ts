import { z } from 'zod'
import { checkSendable } from '../../core/coordination/records/draft.js'
import { authorText, isKindOf, type EntryOf } from '../../core/coordination/records/entry.js'
import { KIND_NAMES } from '../../core/coordination/records/kinds.js'
import { LIMITS } from '../../core/limits.js'
import { failure, type Result } from '../../core/result.js'
import { nearest } from '../nearest.js'
import { claimsOf, oneAtATime } from '../one-at-a-time.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { takeOffer } from '../passing/taking.js'
import { speakAgain, superseding } from '../talk/again.js'
import { mayAnswer } from '../talk/answering.js'
import { recordNamed, saidData, saidSchema, speak, speechArgs, type SaidData } from '../talk/speech.js'

const toArgs = { ...speechArgs, to: z.string() }

/** A mistyped kind is an error that says what was meant, never a silent default. */
const sendable = (kind: string): Result<true> => {
  const checked = checkSendable(kind)
  if (checked.ok || checked.failure.code !== 'KIND_UNKNOWN') return checked
  const meant = nearest(kind, [...KIND_NAMES, 'role'])
  if (meant === null) return { ok: false, failure: { ...checked.failure, next: ['skein send --help'] } }
  const other = checkSendable(meant)
  const next = other.ok ? [`skein send TO TEXT --kind ${meant}`] : (other.failure.next ?? [])
  return failure('KIND_UNKNOWN', `${checked.failure.message}; did you mean ${meant}?`, { field: 'kind', details: { ...checked.failure.details, meant }, next })
}

/** Free text, or any kind that has no command of its own. */
export const send = operation({
  name: 'send',
  args: z.object({
    ...speechArgs,
    to: z.string().optional(),
    again: z.string().optional().describe('id of a word of one\'s own that is said once more in its place, to the same, with another text where one is given'),
    kind: z.string().optional().describe('message, when left out'),
    re: z.string().optional().describe('id of what it is about'),
    fields: z.record(z.string(), z.unknown()).optional().describe('further fields of the kind by name')
  }),
  data: saidSchema,
  tells: true,
  run: async (context, { kind = 'message', re, again, ...rest }) => {
    if (again !== undefined) return speakAgain(context, again, rest.text)
    const checked = sendable(kind)
    if (!checked.ok) return checked
    const about = re === undefined ? null : recordNamed(context, re)
    if (about?.ok === false) return about
    return speak(context, { ...rest, kind, command: 'skein send', about: about?.value })
  }
})

export const propose = operation({
  name: 'propose',
  args: z.object({ ...toArgs, supersedes: z.string().optional().describe('id of a proposal of one\'s own that this one stands for from now on') }),
  data: saidSchema,
  tells: true,
  run: async (context, { supersedes, ...args }) => {
    const older = supersedes === undefined ? null : superseding(context, supersedes, 'proposal')
    if (older?.ok === false) return older
    return speak(context, { ...args, kind: 'proposal', command: 'skein propose', implicit: args.ack === true, ...(older === null ? {} : { fields: older.value }) })
  }
})

/** An answer is wanted, and counts as the ack. */
export const ask = operation({
  name: 'ask',
  args: z.object(toArgs),
  data: saidSchema,
  tells: true,
  run: async (context, args) => speak(context, { ...args, kind: 'question', command: 'skein ask', ack: true, implicit: true })
})

/** Answers whatever was said, by whomever; for its author unless the question was this session's own. */
export const answer = operation({
  name: 'answer',
  args: z.object({ ...speechArgs, id: z.string() }),
  data: saidSchema,
  tells: true,
  run: async (context, { id, ...rest }) => {
    const about = recordNamed(context, id)
    return about.ok ? speak(context, { ...rest, kind: 'answer', command: 'skein answer', about: about.value }) : about
  }
})

const verdict = (name: 'accept' | 'reject') =>
  operation({
    name,
    args: z.object({ id: z.string(), text: z.string().optional() }),
    data: saidSchema,
    tells: true,
    run: async (context, { id, text }) => {
      const about = recordNamed(context, id)
      if (!about.ok) return about
      if (name === 'accept' && isKindOf(about.value, 'offer')) return acceptOffer(context, about.value, text)
      const may = addressable(about.value.parsed.type === 'valid' ? about.value.parsed.record.kind : '') ? mayAnswer(context, about.value) : null
      return may?.ok === false ? may : speak(context, { kind: name, command: `skein ${name}`, text, about: about.value })
    }
  })

/** To accept what was offered is to take it. */
const acceptOffer = async (context: OperationContext, offer: EntryOf<'offer'>, text: string | undefined): Promise<Outcome<SaidData>> => {
  const { host, session } = context
  const taken = await oneAtATime(host, claimsOf(session), () => takeOffer(context, offer, { leaseMs: LIMITS.leaseDefaultMs, text }))
  if (!taken.ok) return taken
  const { record, warnings } = taken.value
  return { ok: true, data: saidData(context, record), warnings }
}

/** Anything else is refused by the kind itself, in words that name what it answers. */
const addressable = (kind: string): boolean => kind === 'proposal' || kind === 'offer'

export const accept = verdict('accept')
export const reject = verdict('reject')

const optionalTo = { ...speechArgs, to: z.string().optional() }

export const block = operation({
  name: 'block',
  args: z.object({ ...optionalTo, re: z.string().optional() }),
  data: saidSchema,
  tells: true,
  run: async (context, { re, ...rest }) => {
    const about = re === undefined ? null : recordNamed(context, re)
    if (about?.ok === false) return about
    return speak(context, { ...rest, kind: 'block', command: 'skein block', about: about?.value })
  }
})

export const unblock = operation({
  name: 'unblock',
  args: z.object({ id: z.string(), text: z.string().optional() }),
  data: saidSchema,
  tells: true,
  run: async (context, { id, text }) => {
    const about = recordNamed(context, id)
    return about.ok ? speak(context, { kind: 'unblock', command: 'skein unblock', text, about: about.value }) : about
  }
})

export const decide = operation({
  name: 'decide',
  args: z.object({ ...optionalTo, reason: z.string().optional() }),
  data: saidSchema,
  tells: true,
  run: async (context, { reason, ...rest }) =>
    speak(context, { ...rest, kind: 'decision', command: 'skein decide', ...(reason === undefined ? {} : { fields: { reason } }) })
})

/** Takes back a word of one's own: it is owed no more; what was shown stays shown. */
export const withdraw = operation({
  name: 'withdraw',
  args: z.object({ id: z.string(), text: z.string().optional() }),
  data: saidSchema,
  tells: true,
  run: async (context, { id, text }) => {
    const about = recordNamed(context, id)
    if (!about.ok) return about
    const { host, session } = context
    const [taken] = isKindOf(about.value, 'offer') ? host.replica.view.claims.offers.takesOf(about.value) : []
    if (taken !== undefined) return failure('NOT_HOLDER', `${host.replica.view.shortId(about.value)} was taken by ${authorText(taken, host.replica.view.names())}; what it offered is theirs now`, { field: 'id', next: [`skein ask ${authorText(taken, host.replica.view.names())} TEXT`] })
    if (about.value.host !== host.replica.hostId || about.value.session !== session) {
      const owner = `${host.replica.view.names().host(about.value.host)}/${about.value.session ?? '?'}`
      return failure('NOT_HOLDER', `${host.replica.view.shortId(about.value)} is ${owner}'s; only its own author takes a record back`, { field: 'id', details: { owner } })
    }
    return speak(context, { kind: 'withdraw', command: 'skein withdraw', text, about: about.value })
  }
})
