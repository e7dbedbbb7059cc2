import { z } from 'zod'
import type { Doubt } from '../core/replica/own/doubts.js'
import type { Host } from '../host/host.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { iso } from './words.js'

export const doubtSchema = z.object({
  cause: z.string().describe('behind, lost, moved, damaged, peer, forked or clock'),
  /** What was found, and what it may mean. */
  found: z.string(),
  /** The same with what becomes of it and what to do. */
  text: z.string(),
  since: z.string(),
  epoch: z.number().int().nullable().describe('the epoch that was opened for it; null until something is written'),
  /** Whether it is still to be told: it waits for its epoch, or was found within a day. */
  news: z.boolean()
})

/** So long an owner is shown that a new epoch was begun, and each session told once; the log of the daemon keeps it longer. */
const NEWS_MS = 24 * 60 * 60_000

const NEXT: Partial<Record<Doubt['cause'], string>> = {
  lost: 'With the store the members of the mesh were lost: they come back with the first link, when another host dials this one or after skein peers add ADDRESS.',
  damaged: 'skein verify names what is damaged.',
  clock: 'Look at this machine\'s clock.'
}

const OTHERWISE = 'If another copy of this home still writes somewhere, stop it, and join with a home of its own there.'

/** What was found about the own store, what becomes of it, and what to do, in one paragraph. */
export const doubtText = ({ cause, text, epoch }: Doubt): string => {
  const goesOn = epoch === null ? 'Writing goes on in a new epoch' : `Writing goes on in epoch ${epoch}`
  return `${text} ${goesOn}; what other hosts hold of the old one they give back. ${NEXT[cause] ?? OTHERWISE}`
}

/** The newest doubt about the own store, as status tells it. */
export const doubtRow = (host: Host): z.infer<typeof doubtSchema> | null => {
  const { doubt } = host.replica
  return doubt === null ? null : { cause: doubt.cause, found: doubt.text, text: doubtText(doubt), since: iso(doubt.wall), epoch: doubt.epoch, news: isNews(host) }
}

/** Whether it is still to be told: it waits for its epoch, or that was opened within a day. */
export const isNews = (host: Host): boolean => {
  const { doubt } = host.replica
  return doubt !== null && (doubt.epoch === null || Math.abs(host.now().wall - doubt.wall) < NEWS_MS)
}

const TOLD = 'told-doubt/'

/** What a session is told once of each doubt about the own store. */
export const doubtNotice = ({ host, session }: OperationContext): Warning[] => {
  const { doubt } = host.replica
  if (doubt === null || !isNews(host)) return []
  const stands = `${doubt.cause} ${doubt.wall}`
  if (host.replica.notes.get(TOLD + session) === stands) return []
  for (const [key, value] of [...host.replica.notes]) if (key.startsWith(TOLD) && value !== stands) host.runtime.note(key, null)
  host.runtime.note(TOLD + session, stands)
  return [{ code: 'STORE_DOUBTED', text: doubtText(doubt), details: { cause: doubt.cause, epoch: doubt.epoch, since: iso(doubt.wall) } }]
}
