import { ageText } from '../../control/age.js'
import { failureReply } from '../../control/envelope.js'
import type { SessionEnded, SessionNoted } from '../../control/operations/session-end.js'
import type { SessionRow, SessionsData } from '../../control/operations/sessions.js'
import { visible } from '../../control/visible.js'
import { flagOption, textArgument, textOption, type Command, type CommandOption, type Terminal, type Typed } from '../command.js'
import { parseDuration } from '../duration.js'
import { standardInput } from '../standard-input.js'
import { alignRows } from '../table.js'

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const recordText = ({ last_record_ms }: SessionRow): string => (last_record_ms === null ? 'no record yet' : `wrote ${ageText(last_record_ms)} ago`)

const heardText = ({ heard_ms, last_seen, ended, heir }: SessionRow): string => (ended !== null ? `ended, now ${heir ?? '?'}` : last_seen !== null ? '' : heard_ms === null ? 'its host was never heard' : `its host heard ${ageText(heard_ms)} ago`)

const rowOf = (row: SessionRow): string[] => [`${row.host}/${row.session}`, row.mine ? 'mine' : row.tool, recordText(row), row.live_claims === 0 ? 'no claim' : counted(row.live_claims, 'claim'), heardText(row), row.responder === null || row.responder.state === 'online' ? '' : row.responder.state.replaceAll('_', ' ')]

const WORK: readonly CommandOption[] = [
  { flags: '--failure <text>', description: 'what the last failing tool call said, or - for standard input; likely secrets are masked' },
  { flags: '--transcript <path>', description: 'where its transcript lies' }
]

const FAILURE_BYTES = 256 * 1024

/** What was typed about a session's work, and printed by the operation of this name. */
const sayOfWork = async <Data>(terminal: Terminal, typed: Typed, op: string, args: Readonly<Record<string, unknown>>, render: (data: Data) => string): Promise<number> => {
  const typedFailure = textOption(typed, 'failure')
  const failure = typedFailure === '-' ? await standardInput(FAILURE_BYTES) : null
  if (failure?.ok === false) return terminal.print(failureReply(failure.failure), () => '')
  const failed = failure === null ? typedFailure : failure.value
  const transcript = textOption(typed, 'transcript')
  return terminal.print<Data>(await terminal.call(op, { ...args, ...(failed === undefined ? {} : { failure: failed }), ...(transcript === undefined ? {} : { transcript }) }), render)
}

const note: Command = {
  name: 'note',
  group: 'here',
  summary: 'keep what would help this session\'s successor, should it die: for hooks',
  options: WORK,
  examples: [{ line: 'npm test 2>&1 | skein sessions note --failure -', does: 'the end of what failed; signed and told only if the session ends. An empty text: it was mended' }],
  run: async (terminal, typed) =>
    sayOfWork<SessionNoted>(terminal, typed, 'sessions-note', {}, ({ session, failure, transcript }) => `kept for ${session}: ${failure === null ? 'nothing failed' : `${failure.length} characters of what failed`}${transcript === null ? '' : `, transcript ${visible(transcript)}`}`)
}

const end: Command = {
  name: 'end',
  group: 'here',
  summary: 'say that a session has ended and what it leaves: for hooks',
  arguments: [{ name: '[session]', description: 'of this host (the one that asks)' }],
  options: WORK,
  examples: [{ line: 'skein sessions end', does: 'what it still owed goes to the next session in its checkout, else to any of its host' }],
  notes: 'A daemon sees by itself that an agent\'s process has died. Any further command of a session that ended brings it back.',
  run: async (terminal, typed) => {
    const session = textArgument(typed, 0)
    return sayOfWork<SessionEnded>(terminal, typed, 'sessions-end', session === undefined ? {} : { session }, ({ session: ended, handoff }) => (handoff === null ? `${ended} leaves nothing` : `${terminal.style.strong(handoff.id)}  ${handoff.prose}`))
  }
}

export const sessions: Command = {
  name: 'sessions',
  group: 'here',
  summary: 'print who is at work on every host: agents and terminals',
  commands: [note, end],
  options: [
    { flags: '--since <age>', description: 'those that did something so lately, or hold a claim (24h)' },
    { flags: '--all', description: 'all that are known' }
  ],
  examples: [{ line: 'skein sessions', does: 'the last day\'s sessions with their claims; "mine" is the one that asks' }],
  run: async (terminal, typed) => {
    const within = parseDuration(textOption(typed, 'since') ?? '24h')
    if (within === null || within <= 0) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--since takes an age such as 30m, 24h or 7d', field: '--since' }), () => '')
    const reply = await terminal.call('sessions', { within_ms: flagOption(typed, 'all') ? null : within })
    return terminal.print<SessionsData>(reply, data => alignRows(data.sessions.map(rowOf)))
  }
}
