import { ageText } from '../../control/age.js'
import { failureReply, type Reply } from '../../control/envelope.js'
import type { WaitData } from '../../control/operations/wait.js'
import type { InboxWaitData } from '../../control/operations/wait-inbox.js'
import { quoted, visible } from '../../control/visible.js'
import { clock } from '../claim-text.js'
import { flagOption, listArgument, textOption, type Command, type Terminal, type Typed } from '../command.js'
import { parseDuration } from '../duration.js'
import { REASON_OPTIONS, reasonOption } from '../lease-option.js'
import { wrapWords } from '../wrapping.js'

const obstacleText = ({ claim, holder, reason, since, until }: WaitData['held_by'][number]): string =>
  `${visible(holder)} (${claim})${reason === null ? '' : ` ${quoted(reason, 80)}`}, since ${clock(since)}, until ${clock(until)}`

const ENDED = { released: 'released it', handed: 'handed it on', lapsed: 'let its lease lapse' } as const

const rendered = ({ columns }: Terminal, { state, wait, what, freed, held_by: held, waited_ms: waitedMs, until }: WaitData): string => {
  if (state === 'waiting') {
    const lines = held.slice(0, 4).map(each => `  held by ${obstacleText(each)}`)
    return [wrapWords(`${wait ?? ''}  waits for ${what.map(visible).join(' or ')}${until === null ? '' : `, until ${clock(until)} at most`}`, columns, 12), ...lines].join('\n')
  }
  if (wait === null) return `free: ${freed.map(({ what: each }) => visible(each)).join(', ')}`
  const lines = freed.map(({ what: each, held_by: before }) => {
    const who = before.map(({ holder, claim, how, at }) => `${visible(holder)} (${claim}) ${ENDED[how]} ${clock(at)}`)
    return wrapWords(`free: ${visible(each)}${who.length === 0 ? '' : `; ${who.slice(-3).join(', ')}`}`, columns, 2)
  })
  return [...lines, `waited ${ageText(waitedMs)}`].join('\n')
}

interface Said {
  readonly warning?: { readonly text: string }
}

const INBOX_TEXT = ({ unread, items, waited_ms: waitedMs }: InboxWaitData): string =>
  `${unread} for you: ${items.slice(0, 4).map(({ id, kind, from }) => `${id} (${kind} from ${visible(from)})`).join(', ')}${unread > 4 ? ' …' : ''} · waited ${ageText(waitedMs)}`

const durationOf = (typed: Typed): { readonly ok: true; readonly args: Readonly<Record<string, unknown>> } | { readonly ok: false; readonly reply: Reply } => {
  const given = textOption(typed, 'timeout')
  if (given === undefined) return { ok: true, args: {} }
  const ms = parseDuration(given)
  if (ms !== null && ms >= 1 && ms <= LONGEST_MS) return { ok: true, args: { timeout_ms: ms } }
  return { ok: false, reply: failureReply({ code: 'FIELD_INVALID', message: '--timeout takes a duration such as 90s, 30m or 4h, of a day at most', field: '--timeout' }) }
}

const LONGEST_MS = 24 * 60 * 60_000

/** What the daemon says while it is waited for goes to standard error: the answer is the last thing. */
const tellInterim = (terminal: Terminal, said: unknown): void => {
  if (terminal.json || typeof said !== 'object' || said === null) return
  if ('warning' in said) terminal.note(terminal.style.warn((said as Said).warning?.text ?? ''))
  else terminal.note(rendered(terminal, said as WaitData))
}

export const wait: Command = {
  name: 'wait',
  group: 'claims',
  summary: 'wait until one of several scopes or claims is free, or for something in the inbox',
  arguments: [{ name: '[what...]', description: 'scopes, ids of claims, or one id of a wait (w-…) to go on with' }],
  options: [
    { flags: '--timeout <duration>', description: 'give up after so long, exit 1 (4h; 24h at most)' },
    { flags: '--park', description: 'write the wait down, print the id that goes on with it, and end' },
    { flags: '--inbox', description: 'return when something is addressed to this session and unread' },
    ...REASON_OPTIONS
  ],
  examples: [
    { line: "skein wait src/auth/login.ts --timeout 20m && skein claim src/auth/login.ts", does: 'returns as soon as nobody else holds it, exit 0; exit 1 after 20 min' },
    { line: 'skein wait c-8k2f0mqx --park', does: 'prints w-…; skein wait w-… says later whether it was freed, or waits on' },
    { line: 'skein wait --inbox', does: 'run in the background, it ends when somebody writes to this session' }
  ],
  notes: 'Of several things the first that is free ends the wait. Others see who waits for their claims (who, claims, status). Where sessions wait for each other in a circle the one that began last is told to give way: exit 1, DEADLOCK, with the command to type. The wait then still stands; skein wait w-… goes on with it.',
  run: async (terminal, typed) => {
    const timeout = durationOf(typed)
    if (!timeout.ok) return terminal.print(timeout.reply, () => '')
    const what = listArgument(typed, 0)
    const inbox = flagOption(typed, 'inbox')
    if (inbox === what.length > 0 || (inbox && flagOption(typed, 'park'))) {
      const message = inbox ? '--inbox goes with nothing but --timeout' : 'wait for what? Name scopes, claims, or --inbox'
      return terminal.print(failureReply({ code: inbox ? 'USAGE' : 'FIELD_MISSING', message, field: 'what', next: ['skein claims', 'skein wait --inbox'] }), () => '')
    }
    if (inbox) return terminal.print<InboxWaitData>(await terminal.call('wait-inbox', timeout.args, { interim: () => undefined }), INBOX_TEXT)
    const reason = reasonOption(typed)
    const args = { what, park: flagOption(typed, 'park'), ...timeout.args, ...(reason === undefined ? {} : { reason }) }
    const reply = await terminal.call('wait', args, { interim: said => tellInterim(terminal, said) })
    return terminal.print<WaitData>(reply, data => rendered(terminal, data))
  }
}
