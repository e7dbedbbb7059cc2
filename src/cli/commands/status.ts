import type { HostRow } from '../../control/hosts.js'
import type { StatusData } from '../../control/operations/status.js'
import { visible } from '../../control/visible.js'
import { withheldLines } from '../claim-text.js'
import type { Command, Terminal } from '../command.js'
import { directivesHead } from '../directive-text.js'
import type { Style } from '../style.js'
import { ageText } from '../../control/age.js'
import { quoted } from '../../control/visible.js'
import { clockText, scopeText } from '../records.js'
import { alignRows } from '../table.js'
import { policyRows } from './policy.js'

const STATES: Readonly<Record<HostRow['state'], string>> = { here: 'this host', linked: 'linked', away: 'away', unreachable: 'unreachable', unlinked: 'not linked', left: 'left the mesh', retired: 'retired', revoked: 'revoked', rotated: 'key replaced', 'held-back': 'held back' }

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const heardText = ({ state, heard_ms }: HostRow): string => {
  if (state === 'here') return ''
  return heard_ms === null ? 'never heard' : `heard ${ageText(heard_ms)} ago`
}

const doingText = ({ live_claims, sessions }: HostRow): string => (live_claims === null || sessions === null ? 'no data' : `${counted(live_claims, 'claim')}, ${counted(sessions, 'session')}`)

/** A clock that is off by less than this is nobody's business. */
const SKEW_SHOWN_MS = 2_000

const skewText = (skewMs: number | null): string => (skewMs === null || Math.abs(skewMs) < SKEW_SHOWN_MS ? '' : `, clock ${ageText(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`)

const hostLine = (row: HostRow): string[] => {
  const posture = row.posture === null ? '' : ` (${row.posture})`
  return [`  ${row.name}`, row.role, `${STATES[row.state]}${posture}${skewText(row.skew_ms)}`, heardText(row), doingText(row)]
}

const SHOWN = 5

const responderText = ({ session, state, at, reason }: HostRow['responders'][number]): string => `${session} is ${state.replace('_', ' ')} since ${clockText(at)}${reason === null ? '' : `: ${quoted(reason)}`}`

/** The layers behind the link: when an agent of that host last looked, and which say that they cannot answer. */
const agentLines = ({ name, state, attention, responders }: HostRow): string[] => {
  if (state === 'here') return []
  const looked = attention === null ? [] : [`${attention.session} looked ${ageText(attention.ms)} ago`]
  const silent = responders.filter(each => each.state !== 'online').slice(0, SHOWN).map(responderText)
  return looked.length + silent.length === 0 ? [] : [`  agents of ${name}: ${[...looked, ...silent].join('; ')}`]
}

const myClaims = ({ mine, claims }: StatusData): string[] =>
  mine.length === 0 ? [] : [['my claims', ...mine.map(({ claim, scope, reason }) => `  ${claim} ${scopeText(scope)}${reason === null ? '' : ` ${quoted(reason)}`}`), ...(claims.mine > mine.length ? [`  … and ${claims.mine - mine.length} more: skein claims --mine`] : [])].join('\n')]

/** A quiet host's claims may have ended or begun since; that is said apart from zero. */
const silences = (hosts: readonly HostRow[], silentMs: number): string[] =>
  hosts
    .filter(({ state, heard_ms }) => (state === 'unlinked' || state === 'unreachable') && (heard_ms === null || heard_ms > silentMs))
    .map(({ name, heard_ms }) => (heard_ms === null ? `no data from ${name}: never heard` : `no data from ${name} for ${ageText(heard_ms)}`))

const SILENT_MS = 15_000

const oweText = ({ count, oldest_ms }: StatusData['owe']): string => (count === 0 || oldest_ms === null ? 'nothing' : `${counted(count, 'answer')}, the oldest for ${ageText(oldest_ms)}`)

const damageText = ({ host, epoch, seq, what }: StatusData['damage'][number]): string => {
  const where = host === null ? '' : ` (${host}, epoch ${epoch ?? '?'}${seq === null ? '' : `, frame ${seq}`})`
  return `  ${what.replace(/[0-9a-f]{64}\/[0-9a-f]{24}/g, 'its log')}${where}`
}

/** Who waits for what I hold, what I wait for, and who waits in a circle. */
const waitLines = (style: Style, { waits, deadlocks }: StatusData): string[] => [
  ...waits.for_me.slice(0, SHOWN).map(({ by, what, waited_ms: waitedMs }) => style.warn(`${visible(by)} waits for ${what.map(visible).join(' or ')} of mine (${ageText(waitedMs)})`)),
  ...waits.mine.slice(0, SHOWN).map(({ wait, what, held_by: held, waited_ms: waitedMs }) => `I wait for ${what.map(visible).join(' or ')} (${wait}, ${ageText(waitedMs)}): ${held.length === 0 ? `free by now: skein wait ${wait}` : `held by ${held.slice(0, 3).map(({ holder }) => visible(holder)).join(', ')}`}`),
  ...deadlocks.slice(0, SHOWN).map(({ text }) => style.bad(text))
]

const mebibytes = (bytes: number): string => `${Math.floor(bytes / (1024 * 1024))} MiB`

const diskText = ({ free_bytes, low_bytes, least_bytes }: StatusData['disk']): string[] =>
  free_bytes === null || free_bytes >= low_bytes ? [] : [`the disk has ${mebibytes(free_bytes)} free: ${free_bytes < least_bytes ? 'nothing more is written' : `with less than ${mebibytes(least_bytes)} nothing more is written`}`]

const trouble = (style: Style, { fenced, disk, doubt, damage, refusals, forked, parallel, withheld, dropped, invalid }: StatusData, next: readonly string[]): string[] => {
  const lines: string[] = []
  if (fenced !== null) lines.push(style.bad(`nothing is written any more: ${fenced.reason} (${fenced.code})`), ...next.map(step => `  try: ${step}`))
  else lines.push(...diskText(disk).map(style.warn))
  if (doubt?.news === true) lines.push(style.warn(doubt.text))
  const lost = damage.filter(({ mended }) => !mended)
  if (lost.length > 0) lines.push(style.bad(`the store is damaged in ${counted(lost.length, 'place')}:`), ...lost.slice(0, SHOWN).map(damageText), ...(lost.length > SHOWN ? [`  … and ${lost.length - SHOWN} more: skein verify`] : []))
  if (lost.length < damage.length) lines.push(style.warn(`${counted(damage.length - lost.length, 'frame')} found damaged at start ${damage.length - lost.length === 1 ? 'was' : 'were'} given back by a peer`))
  for (const { text } of [...forked.slice(-SHOWN), ...parallel]) lines.push(style.bad(text))
  if (forked.length > SHOWN) lines.push(`  … and ${forked.length - SHOWN} more forks: skein status --json`)
  lines.push(...withheldLines(withheld).map(style.warn))
  for (const { host, epoch, from, to, count, records } of dropped) lines.push(style.warn(`${counted(count, 'record')} of ${host} (epoch ${epoch}, frames ${from} to ${to}) fell off when its key ended:`), ...records.slice(0, SHOWN).map(({ prose }) => `  ${prose}`), ...(count > SHOWN ? [`  … and ${count - SHOWN} more: skein status --json`] : []))
  if (refusals.length > 0) lines.push(style.warn('refused since start:'), ...refusals.slice(0, 8).map(({ code, count, from, text }) => `  ${count} × ${code} from ${from}: ${text}`))
  if (invalid > 0) lines.push(style.warn(`${counted(invalid, 'record')} cannot be read and ${invalid === 1 ? 'says' : 'say'} nothing`))
  return lines
}

const render = ({ style, columns }: Terminal, data: StatusData, next: readonly string[]): string => {
  const { directives, daemon, tempo, host, session, mesh, repository, claims, owe, owed, policies, crossings, hosts, clock, records, history_lacking } = data
  const here = alignRows([
    ['host', `${style.strong(host)} in mesh ${mesh} · session ${session}`],
    ['daemon', daemon === null ? style.warn('none runs: this is from the store alone') : `up, pid ${daemon.pid}, listening on ${daemon.listening ?? 'nothing'}, tempo ${tempo}`],
    ['repository', repository === null ? 'none here' : `${repository.key}${repository.enrolled ? '' : ' (not enrolled)'}`],
    ['claims', `${claims.mine} mine, ${claims.total} live in all, ${claims.overlapping === 0 ? 'no overlap' : counted(claims.overlapping, 'overlap')} with mine${claims.settled === 0 ? '' : `, ${claims.settled} settled`}`],
    ['I owe', oweText(owe)],
    ['owed to me', oweText(owed)],
    ...(Math.abs(clock.offset_ms) < SKEW_SHOWN_MS ? [] : [['clock', style.warn(`${ageText(Math.abs(clock.offset_ms))} ${clock.offset_ms > 0 ? 'ahead of' : 'behind'} the mesh's`)]]),
    ['records', `${records}`],
    ...(history_lacking.frames === 0 ? [] : [['history', `${counted(history_lacking.frames, 'older frame')} of ${counted(history_lacking.logs, 'log')} not here: peers that hold them are asked while the disk has room`]])
  ])
  const head = directivesHead({ style, columns }, directives)
  const parts = [...(head.length === 0 ? [] : [head.join('\n')]), here, `${counted(hosts.length, 'host')}\n${[alignRows(hosts.map(hostLine)), ...hosts.flatMap(agentLines)].join('\n')}`]
  const waiting = hosts.filter(({ decide }) => decide.length > 0).map(({ name, decide }) => style.warn(`${name} waits for an operator: ${decide.join(' or ')}`))
  if (waiting.length > 0) parts.push(waiting.join('\n'))
  const silent = silences(hosts, SILENT_MS)
  if (silent.length > 0) parts.push(silent.map(style.warn).join('\n'))
  if (policies.length > 0) parts.push(`policies\n${policyRows(policies.slice(0, SHOWN))}${policies.length > SHOWN ? `\n… and ${policies.length - SHOWN} more: skein policy list` : ''}`)
  parts.push(...myClaims(data))
  if (crossings.length > 0) parts.push(`overlaps of mine\n${crossings.map(({ text }) => `  ${text}`).join('\n')}`)
  const waits = waitLines(style, data)
  if (waits.length > 0) parts.push(waits.join('\n'))
  const wrong = trouble(style, data, next)
  if (wrong.length > 0) parts.push(wrong.join('\n'))
  return parts.join('\n\n')
}

export const status: Command = {
  name: 'status',
  group: 'queries',
  summary: 'one screen of what stands: hosts, claims, who owes whom, and what is wrong',
  examples: [
    { line: 'skein', does: 'the same: skein alone prints status' },
    { line: 'skein status --json', does: 'the same for a script; exit 4 when the store takes nothing more' }
  ],
  run: async terminal => {
    const reply = await terminal.call('status', {})
    return terminal.print<StatusData>(reply, data => render(terminal, data, reply.envelope.next))
  }
}
