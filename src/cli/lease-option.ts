import { failureReply, type Reply } from '../control/envelope.js'
import { textOption, type CommandOption, type Typed } from './command.js'
import { parseDuration } from './duration.js'

/** `--for DURATION`, with its old names. */
export const LEASE_OPTIONS: readonly CommandOption[] = [
  { flags: '--for <duration>', description: 'length of the lease (30m); at most 4h for an agent, 30d for a person' },
  { flags: '--ttl <duration>', description: 'as --for', hidden: true },
  { flags: '--expires <duration>', description: 'as --for', hidden: true }
]

/** `--reason TEXT`, with its old name. */
export const REASON_OPTIONS: readonly CommandOption[] = [
  { flags: '--reason <text>', description: 'why, for the others to read' },
  { flags: '--why <text>', description: 'as --reason', hidden: true }
]

export const reasonOption = (typed: Typed): string | undefined => textOption(typed, 'reason') ?? textOption(typed, 'why')

/** The lease asked for, in milliseconds; none where none was; a reply that refuses what is no duration. */
export const leaseOption = (typed: Typed): { readonly ok: true; readonly forMs?: number } | { readonly ok: false; readonly reply: Reply } => {
  const given = textOption(typed, 'for') ?? textOption(typed, 'ttl') ?? textOption(typed, 'expires')
  if (given === undefined) return { ok: true }
  const forMs = parseDuration(given)
  if (forMs !== null) return { ok: true, forMs }
  return { ok: false, reply: failureReply({ code: 'FIELD_INVALID', message: '--for takes a duration such as 30m, 4h or 3d', field: '--for' }) }
}
