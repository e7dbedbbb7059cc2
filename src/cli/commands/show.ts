import type { ShowData } from '../../control/operations/show.js'
import { visible } from '../../control/visible.js'
import { textArgument, type Command, type Terminal } from '../command.js'
import { hanging } from '../paragraph.js'
import { authorText, quotation, scopeText } from '../records.js'
import { tallyText } from '../speech.js'
import { noteSurfaced } from './inbox.js'
import { ID } from './propose.js'

const deliveryText = ({ host, session, heir, state, by, by_session, at, reason, implicit, overdue }: ShowData['recipients'][number]): string => {
  const who = session === null ? host : `${host}/${session}`
  const through = by === null ? '' : ` by ${by}${by_session === null ? '' : ` of ${by_session}`}${at === null ? '' : `, ${at}`}`
  const ended = heir === null ? '' : `, ended: ${heir}`
  return `${who}${ended}: ${state}${implicit ? ' (by its reply)' : ''}${through}${reason === null ? '' : `: "${visible(reason)}"`}${overdue ? ', overdue' : ''}`
}

const render = ({ columns, style }: Terminal, data: ShowData): string => {
  const rows: [string, string][] = [
    ['kind', `${data.kind}${data.version === null ? '' : ` (schema ${data.version})`}${data.withdrawn ? ', withdrawn' : ''}${data.history ? ', ended: from the log on disk' : ''}`],
    ['author', data.authority === 'operator' ? `${data.host}, signed with an operator key (${data.host_id})` : `${authorText(data)} (${data.host_id})`],
    ...(data.directive === null ? [] : [['state', `${data.directive.state}${data.directive.stop ? ', stops claims' : ''}${data.directive.until === null ? '' : `, until ${data.directive.until}`}`] as [string, string], ['acked', `${data.directive.acked}/${data.directive.hosts} hosts; seen by ${data.directive.seen}`] as [string, string]]),
    ['written', data.at],
    ...(data.to === null ? [] : [['to', data.to] as [string, string]]),
    ...(data.re.length === 0 ? [] : [['re', data.re.join(', ')] as [string, string]]),
    ...(data.repository === null ? [] : [['repository', visible(data.repository)] as [string, string]]),
    ...(data.scope === null ? [] : [['scope', scopeText(data.scope)] as [string, string]]),
    ...(data.ack || data.deadline !== null ? [['wanted', `${data.ack ? 'an ack' : 'done'}${data.deadline === null ? '' : ` by ${data.deadline}`}`] as [string, string]] : []),
    ...(data.reason_invalid === null ? [] : [['invalid', visible(data.reason_invalid)] as [string, string]]),
    ['prose', data.prose],
    ...(data.superseded_by === null ? [] : [['superseded', `by ${data.superseded_by}`] as [string, string]]),
    ...(tallyText(data.tally) === null ? [] : [['answers', tallyText(data.tally) ?? ''] as [string, string]]),
    ...data.recipients.map(each => ['delivery', deliveryText(each)] as [string, string]),
    ...data.replies.map(each => ['reply', `${each.id} ${each.prose}`] as [string, string]),
    ['id', data.record],
    ['hash', data.hash],
    ['raw', `${visible(data.raw)} (${data.bytes} bytes)`]
  ]
  const lines = rows.map(([name, value]) => hanging(`${name.padEnd(11)}`, value, columns))
  return [style.strong(data.id), ...(data.text === null ? [] : quotation(data.text, columns)), ...lines].join('\n')
}

export const show: Command = {
  name: 'show',
  group: 'queries',
  summary: 'one record whole: text, author, delivery, replies, hash and bytes',
  arguments: [ID],
  examples: [
    { line: 'skein show m-8k2f', does: 'everything about it; other people\'s words are quoted and inert' },
    { line: 'skein show m-8k2f --json', does: 'with its own text, byte for byte, in data.raw' }
  ],
  run: async (terminal, typed) => {
    const reply = await terminal.call('show', { id: textArgument(typed, 0) ?? '' })
    const exit = terminal.print<ShowData>(reply, data => render(terminal, data))
    if (reply.envelope.ok) {
      const { record, unread } = reply.envelope.data as ShowData
      if (unread) await noteSurfaced(terminal, [record])
    }
    return exit
  }
}
