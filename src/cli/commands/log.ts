import { failureReply, type Reply } from '../../control/envelope.js'
import type { LogData } from '../../control/operations/log.js'
import { failure, success, type Result } from '../../control/result.js'
import { flagOption, listOption, textOption, type Command, type Terminal, type Typed } from '../command.js'
import { readSpan } from '../span-options.js'
import { timelineText } from './conversation.js'

/** What one answer holds; all of them come without --limit. */
const MOST = 10_000
/** What is shown before following, unless asked otherwise. */
const TAIL = 10
const FOLLOW_MS = 25_000
/** Ids remembered while following, so that nothing is printed twice after the daemon was started anew. */
const REMEMBERED = 4_096

type Args = Readonly<Record<string, unknown>>

const argsOf = (typed: Typed): Result<Args> => {
  const span = readSpan(typed, ['since', 'until', 'at'])
  if (!span.ok) return span
  const { since, until, at = until } = span.value
  const args = new Map<string, unknown>()
  if (since !== undefined) args.set('since', since)
  if (at !== undefined) args.set('until', at)
  const limit = textOption(typed, 'limit')
  if (limit !== undefined && (!/^[1-9]\d{0,4}$/.test(limit) || Number(limit) > MOST)) return failure('FIELD_INVALID', `--limit takes a whole number from 1 to ${MOST}`, { field: 'limit' })
  const peer = textOption(typed, 'peer')
  if (peer !== undefined) args.set('peer', peer)
  if (limit !== undefined) args.set('limit', Number(limit))
  for (const [name, option] of [['kinds', 'kind'], ['scope', 'scope']] as const) if (listOption(typed, option).length > 0) args.set(name, listOption(typed, option))
  const grep = textOption(typed, 'grep')
  if (grep !== undefined) args.set('grep', grep)
  if (flagOption(typed, 'all')) args.set('all', true)
  return success(Object.fromEntries(args))
}

const envelopeOf = (reply: Reply, count: number): Reply =>
  reply.envelope.ok ? { ...reply, envelope: { ...reply.envelope, data: { count, cursor: (reply.envelope.data as LogData).cursor } } } : reply

/** Prints as it comes: with `--json` one object a line. */
class Printer {
  readonly #terminal: Terminal
  readonly #seen = new Set<string>()
  #day: string | null = null
  count = 0
  last: { readonly record: string; readonly at: string } | null = null

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  print({ records }: LogData): void {
    const fresh = records.filter(({ record }) => !this.#seen.has(record))
    for (const each of fresh) {
      this.#terminal.item(each)
      this.#seen.add(each.record)
      this.last = { record: each.record, at: each.at }
    }
    for (const record of this.#seen) {
      if (this.#seen.size <= REMEMBERED) break
      this.#seen.delete(record)
    }
    this.count += fresh.length
    if (fresh.length > 0) this.#terminal.say(timelineText(fresh, this.#terminal.columns, this.#day))
    this.#day = fresh.at(-1)?.at.slice(0, 10) ?? this.#day
  }
}

const readAll = async (terminal: Terminal, printer: Printer, args: Args): Promise<Reply> => {
  for (let behind: string | null = null; ; ) {
    const reply = await terminal.call('log', { ...args, ...(behind === null ? {} : { behind }) })
    if (!reply.envelope.ok) return reply
    const page = reply.envelope.data as LogData
    printer.print(page)
    behind = page.next
    if (behind === null || !(await terminal.flushed())) return reply
  }
}

/** Goes on until it is interrupted, its reader goes away, or the daemon does. */
const follow = async (terminal: Terminal, printer: Printer, args: Args, begun: Reply): Promise<Reply> => {
  let reply = begun
  const end = (): void => {
    terminal.print(envelopeOf(reply, printer.count), () => '')
    process.exit(0)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  try {
    while (reply.envelope.ok && (await terminal.flushed())) {
      const { cursor, lost } = reply.envelope.data as LogData
      const { limit: _limit, ...rest } = args
      const since = printer.last === null ? {} : { since: Date.parse(printer.last.at) - 60_000 }
      const asked = lost ? { ...rest, ...since } : { ...rest, after: cursor, wait_ms: FOLLOW_MS }
      const next = await terminal.call('log', asked)
      if (next.envelope.ok) printer.print(next.envelope.data as LogData)
      reply = next
    }
    return reply
  } finally {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}

export const log: Command = {
  name: 'log',
  group: 'queries',
  summary: 'every record, oldest first; --follow goes on as they come',
  options: [
    { flags: '--follow', description: 'go on with what comes, in the order it comes here' },
    { flags: '--kind <kind...>', description: 'only these kinds, such as claim or unknown:X', many: true },
    { flags: '--scope <scope...>', description: 'only what overlaps this', many: true },
    { flags: '--peer <peer>', description: 'only what this host, or session of one, wrote' },
    { flags: '--grep <text>', description: 'only what contains this, whatever the case' },
    { flags: '--since <when>', description: 'a time or an age' },
    { flags: '--until <when>', description: 'a time or an age' },
    { flags: '--at <when>', description: 'as it was told then: the same as --until' },
    { flags: '--limit <count>', description: 'only the newest so many' },
    { flags: '--all', description: 'also what hosts write about themselves: renewals, receipts, profiles' }
  ],
  examples: [
    { line: "skein log --since 2h --scope 'src/auth/**'", does: 'who said and claimed what there' },
    { line: 'skein log --follow --json', does: 'one object a line as it comes, the envelope last' }
  ],
  run: async (terminal, typed) => {
    const args = argsOf(typed)
    if (!args.ok) return terminal.print(failureReply(args.failure), () => '')
    const printer = new Printer(terminal)
    const follows = flagOption(typed, 'follow')
    const begun = await readAll(terminal, printer, follows && args.value.limit === undefined ? { ...args.value, limit: TAIL } : args.value)
    const reply = follows && begun.envelope.ok ? await follow(terminal, printer, args.value, begun) : begun
    return terminal.print<unknown>(envelopeOf(reply, printer.count), () => (printer.count === 0 && !follows ? 'nothing' : ''))
  }
}
