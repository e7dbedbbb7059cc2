import { ageText } from '../../control/age.js'
import { failureReply } from '../../control/envelope.js'
import type { SessionRow, SessionsData } from '../../control/operations/sessions.js'
import { flagOption, textOption, type Command } from '../command.js'
import { parseDuration } from '../duration.js'
import { alignRows } from '../table.js'

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const recordText = ({ last_record_ms }: SessionRow): string => (last_record_ms === null ? 'no record yet' : `wrote ${ageText(last_record_ms)} ago`)

const heardText = ({ heard_ms, last_seen }: SessionRow): string => (last_seen !== null ? '' : heard_ms === null ? 'its host was never heard' : `its host heard ${ageText(heard_ms)} ago`)

const rowOf = (row: SessionRow): string[] => [`${row.host}/${row.session}`, row.mine ? 'mine' : row.tool, recordText(row), row.live_claims === 0 ? 'no claim' : counted(row.live_claims, 'claim'), heardText(row)]

export const sessions: Command = {
  name: 'sessions',
  group: 'here',
  summary: 'print who is at work on every host: agents and terminals',
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
