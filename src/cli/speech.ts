import { failureReply } from '../control/envelope.js'
import { failure, success, type Result } from '../control/result.js'
import type { SaidData } from '../control/talk/speech.js'
import { ageText } from '../control/age.js'
import { listOption, flagOption, textOption, type CommandOption, type Terminal, type Typed } from './command.js'
import { parseDuration } from './duration.js'
import { clockText, scopeText } from './records.js'
import { standardInput } from './standard-input.js'

export const SCOPE: CommandOption = { flags: '--scope <scope...>', description: 'files, directories, patterns or names that it is about; quote patterns, and put them after the text', many: true }
export const ACK: CommandOption = { flags: '--ack', description: 'an ack is wanted: pending until each recipient acks or refuses' }
export const DEADLINE: CommandOption = { flags: '--deadline <when>', description: 'when it is due: 30m, 2h, 3d, or a time' }
export const QUORUM: CommandOption = { flags: '--quorum <count>', description: 'so many acks are enough (with --ack, to a role or all); viewers do not count' }
export const EXPIRES: readonly CommandOption[] = [
  { flags: '--for <when>', description: 'how long it stands: 30m, 2h, 3d, or until a time; then it is owed no more' },
  { flags: '--expires <when>', description: 'the same', hidden: true }
]
/** `--reason`, and the old name for it. */
export const REASON: readonly CommandOption[] = [
  { flags: '--reason <text>', description: 'why' },
  { flags: '--why <text>', description: 'the same', hidden: true }
]

export const reasonOf = (typed: Typed): string | undefined => textOption(typed, 'reason') ?? textOption(typed, 'why')

/** Four bytes are the most that a character takes; the record's own bound counts characters. */
const TEXT_BYTES = 4 * 8_000

/** The text as typed, or standard input for `-`. */
export const spokenText = async (typed: string | undefined): Promise<Result<string | undefined>> => (typed === '-' ? standardInput(TEXT_BYTES) : success(typed))

/** Milliseconds from now until the time that was typed. */
const fromNow = (name: 'deadline' | 'for', text: string | undefined): Result<number | undefined> => {
  if (text === undefined) return success(undefined)
  const duration = parseDuration(text)
  const at = duration === null ? Date.parse(text) - Date.now() : duration
  return Number.isNaN(at) ? failure('FIELD_INVALID', `--${name} takes a duration such as 2h, or a time; not ${JSON.stringify(text)}`, { field: name, next: [`--${name} 2h`] }) : success(at)
}

/** Arguments that all verbs share, from the flags that were given. */
export const speechOptions = (typed: Typed): Result<Readonly<Record<string, unknown>>> => {
  const deadline = fromNow('deadline', textOption(typed, 'deadline'))
  if (!deadline.ok) return deadline
  const expires = fromNow('for', textOption(typed, 'for') ?? textOption(typed, 'expires'))
  if (!expires.ok) return expires
  const quorum = textOption(typed, 'quorum')
  const scope = listOption(typed, 'scope')
  return success({
    ...(scope.length === 0 ? {} : { scope }),
    ...(flagOption(typed, 'ack') ? { ack: true } : {}),
    ...(deadline.value === undefined ? {} : { deadline_ms: deadline.value }),
    ...(expires.value === undefined ? {} : { expires_ms: expires.value }),
    ...(quorum === undefined ? {} : { quorum: Number(quorum) })
  })
}

/** `2/3 acked, quorum 2 met`, of what more than one were asked. */
export const tallyText = (tally: SaidData['tally']): string | null => {
  if (tally === null || (tally.of < 2 && tally.quorum === null)) return null
  const refused = tally.refused === 0 ? '' : `, ${tally.refused} refused`
  const quorum = tally.quorum === null ? '' : `, quorum ${tally.quorum.needs} ${tally.quorum.met ? 'met' : 'not met'}`
  return `${tally.acked}/${tally.of} acked${refused}${quorum}`
}

const recipientText = ({ host, session, state, linked, heard }: SaidData['recipients'][number], now: number): string => {
  const name = session === null ? host : `${host}/${session}`
  if (state !== 'written') return `${name}: ${state}`
  const since = heard === null ? 'never heard here' : `last heard ${ageText(now - Date.parse(heard))} ago`
  return linked ? `${name}: written here, linked` : `${name}: written here; not linked, ${since}, so it waits here`
}

const FEW = 4

const recipientLines = (recipients: SaidData['recipients'], now: number): string[] => {
  if (recipients.length <= FEW) return recipients.map(each => `  ${recipientText(each, now)}`)
  const away = recipients.filter(({ linked }) => !linked).map(({ host }) => host)
  return [`  ${recipients.length} hosts: written here, ${recipients.length - away.length} linked${away.length === 0 ? '' : `; waiting for ${away.slice(0, FEW).join(', ')}${away.length > FEW ? ' …' : ''}`}`]
}

/** `m-8k2f0mqx  message to box on src/auth/**, ack wanted by 16:00Z`, and how far it is with whom. */
export const saidText = (terminal: Terminal, data: SaidData): string => {
  const { id, kind, to, re, scope, ack, deadline, recipients } = data
  const wanted = ack ? `, ${kind === 'question' ? 'answer' : 'ack'} wanted` : ''
  const by = deadline === null ? '' : `${ack ? '' : ', due'} by ${clockText(deadline)}`
  const head = `${terminal.style.strong(id)}  ${kind}${to === null ? '' : ` to ${to}`}${re.length === 0 ? '' : `, re ${re.join(', ')}`}${scope === null ? '' : `, on ${scopeText(scope)}`}${wanted}${by}`
  return [head, ...recipientLines(recipients, Date.now())].join('\n')
}

/** Says it by the operation of this name, and prints what was written. */
export const speakAs = async (terminal: Terminal, op: string, typed: Typed, args: Readonly<Record<string, unknown>>, words?: string | undefined): Promise<number> => {
  const text = await spokenText(words)
  if (!text.ok) return terminal.print(failureReply(text.failure), () => '')
  const options = speechOptions(typed)
  if (!options.ok) return terminal.print(failureReply(options.failure), () => '')
  const reply = await terminal.call(op, { ...args, ...options.value, ...(text.value === undefined ? {} : { text: text.value }) })
  return terminal.print<SaidData>(reply, data => saidText(terminal, data))
}
