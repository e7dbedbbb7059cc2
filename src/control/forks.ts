import { z } from 'zod'
import type { AuthorId, HostKey } from '../core/brand.js'
import { forkOrigin } from '../core/replica/forks/fork-origin.js'
import { authorParts, epochTextOf, everyEpochOf, keyOf } from '../core/replication/author.js'
import type { AuthorLog } from '../core/replication/log.js'
import { writtenInParallel } from '../core/replication/parallel.js'
import { LIMITS } from '../core/limits.js'
import type { Host } from '../host/host.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { iso } from './words.js'

export const forkSchema = z.object({
  host: z.string(),
  /** Whether it is this host's own log. */
  own: z.boolean(),
  epoch: z.number().int().nullable().describe('null: every epoch of its key, which opened more than it may'),
  epoch_id: z.string().nullable().describe('the epoch as 24 hex digits: two may have one number'),
  frame: z.number().int().nullable().describe('number of the first of the two frames that exclude each other'),
  /** When each of the two was signed, by its own stamp. */
  signed: z.array(z.string()),
  found: z.string().nullable().describe('when this host came to know'),
  how: z.enum(['met', 'told']).nullable().describe('met: the two branches met here; told: a peer had the proof'),
  by: z.string().nullable().describe('the peer that brought the second branch, or the proof'),
  text: z.string()
})

export const parallelSchema = z.object({
  host: z.string(),
  own: z.boolean(),
  epochs: z.array(z.object({ epoch: z.number().int(), epoch_id: z.string(), here: z.boolean().describe('the one that this home writes on'), last: z.string().describe('when its newest frame was signed') })),
  text: z.string()
})

export type ForkRow = z.infer<typeof forkSchema>
export type ParallelRow = z.infer<typeof parallelSchema>

/** Neither addresses nor folders are signed, so nobody can say more of a place than its epoch and its times. */
const REMEDY = 'stop one of them, and join there with a home of its own (skein join TOKEN)'

const ownText = (frame: string): string =>
  `Two histories of this host's log were signed, ${frame}: a copy of this home writes too, or it was laid back to an older state. Nothing of that epoch counts; what is held of both is published again in a new one. If a copy runs, ${REMEDY}.`

const othersText = (name: string, frame: string): string =>
  `${name} forked, ${frame}: two copies of its home write, or it was laid back to an older state. Nothing of that epoch counts until ${name} has published it again. Its owner: if two run, ${REMEDY}.`

const spentText = (name: string): string => `${name}'s key opened more than ${LIMITS.epochsPerKey} epochs: nothing that it signed counts. An operator revokes it; its host joins again with another key.`

const forkRow = (host: Host, author: AuthorId): ForkRow => {
  const { replica } = host
  const key = keyOf(author)
  const name = host.nameOf(key)
  const origin = forkOrigin(replica.notes, author)
  const known = { host: name, own: key === replica.key, found: origin === null ? null : iso(origin.at), how: origin?.how ?? null, by: origin === null || origin.by === null ? null : host.nameOf(origin.by) }
  if (author === everyEpochOf(key)) return { ...known, epoch: null, epoch_id: null, frame: null, signed: [], text: spentText(name) }
  const headers = replica.logs.proofHeaders(author).map(({ header }) => header)
  const { counter } = authorParts(author).epoch
  const [first] = headers
  const signed = headers.map(({ stamp, offsetMs }) => iso(stamp.wall - offsetMs))
  const brought = known.by === null ? '' : known.how === 'met' ? `; the second branch came from ${known.by}` : `; the proof came from ${known.by}`
  const where = `at frame ${first?.seq ?? '?'} of epoch ${counter} (signed ${signed.join(' and ')}${brought})`
  return { ...known, epoch: counter, epoch_id: epochTextOf(author), frame: first?.seq ?? null, signed, text: known.own ? ownText(where) : othersText(name, where) }
}

/** Every proven fork, with what is known of its two branches, what it means and what to do. */
export const forkRows = (host: Host): ForkRow[] => Array.from(host.replica.logs.proofs(), ([author]) => forkRow(host, author))

/** Hosts whose key is written on in two places at once. */
export const parallelRows = (host: Host): ParallelRow[] => {
  const { logs, key: own, author } = host.replica
  const byKey = new Map<HostKey, AuthorLog[]>()
  for (const log of logs.logs()) if (!logs.isForked(log.author)) byKey.set(keyOf(log.author), [...(byKey.get(keyOf(log.author)) ?? []), log])
  return [...byKey].flatMap(([key, epochs]) => {
    const parallel = writtenInParallel(epochs)
    if (parallel.length === 0) return []
    const name = host.nameOf(key)
    const rows = parallel.map(log => ({ epoch: authorParts(log.author).epoch.counter, epoch_id: epochTextOf(log.author), here: log.author === author, last: iso(log.span?.last ?? 0) }))
    const places = rows.map(({ epoch, last, here }) => `epoch ${epoch}${here ? ', this home' : ''}, last at ${last}`).join('; ')
    const whose = key === own ? 'This host\'s key writes' : `${name}'s key writes`
    return [{ host: name, own: key === own, epochs: rows, text: `${whose} in ${rows.length} places (${places}): its home was copied. Both count, neither knows of the other. To tell them apart, ${REMEDY}.` }]
  })
}

const TOLD = 'told-copied/'

/** What each session of a home that was copied is told once for each set of epochs. */
export const copiedNotice = ({ host, session }: OperationContext): Warning[] => {
  const own = parallelRows(host).find(row => row.own)
  if (own === undefined) return []
  const stands = String(own.epochs.length)
  if (host.replica.notes.get(TOLD + session) === stands) return []
  host.runtime.note(TOLD + session, stands)
  return [{ code: 'HOME_COPIED', text: own.text, details: { epochs: own.epochs } }]
}
