import { z } from 'zod'
import type { SessionName } from '../../core/brand.js'
import type { Host } from '../host.js'

const PREFIX = 'work/'

const workSchema = z.object({
  /** The work tree that it asked from last: its real path, and its key and name as they stand in records. Only of a repository that is coordinated. */
  place: z.object({ root: z.string(), repo: z.string(), checkout: z.string() }).exactOptional(),
  /** The end of what its last failing tool call said, masked. */
  failure: z.string().exactOptional(),
  transcript: z.string().exactOptional()
})

/** What this host keeps of a session's work until it ends. Never signed, and gone once it is handed on. */
export type SessionWork = z.infer<typeof workSchema>

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const workOf = (host: Host, session: SessionName): SessionWork => {
  const parsed = workSchema.safeParse(parse(host.replica.notes.get(PREFIX + session) ?? '{}'))
  return parsed.success ? parsed.data : {}
}

/** Replaces what is kept; nothing at all takes it away. */
export const noteWork = (host: Host, session: SessionName, work: SessionWork): void => {
  const text = Object.keys(work).length === 0 ? null : JSON.stringify(work)
  if (text !== (host.replica.notes.get(PREFIX + session) ?? null)) host.runtime.note(PREFIX + session, text)
}
