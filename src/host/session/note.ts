import { z } from 'zod'
import type { SessionName } from '../../core/brand.js'
import { LIMITS } from '../../core/limits.js'
import { SESSION_NAME, type AgentProcess } from './evidence.js'

export const NOTE_PREFIX = 'session/'

const noteSchema = z.object({
  tokens: z.array(z.string()).max(LIMITS.sessionTokens),
  tool: z.string(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  found: z.string(),
  boot: z.string(),
  agent: z.object({ tool: z.string(), pid: z.number(), startedAt: z.string() }).exactOptional()
})

/** A session this host has seen. Times are wall milliseconds. */
export interface KnownSession {
  readonly name: SessionName
  /** All that it was known by, newest last: its process, its conversation, its terminal. */
  readonly tokens: readonly string[]
  readonly tool: string
  readonly firstSeen: number
  readonly lastSeen: number
  /** How it was found when it asked last. */
  readonly found: string
  /** The boot of the machine in which it asked last: what its process ids mean. */
  readonly boot: string
  /** Its agent's process, where there is one. */
  readonly agent?: AgentProcess
}

/** A fact for the store's notes; null removes. */
export interface SessionNote {
  readonly key: string
  readonly value: string | null
}

export const noteOf = ({ name, ...rest }: KnownSession): SessionNote => ({ key: NOTE_PREFIX + name, value: JSON.stringify(rest) })

/** The session of a note, or null for a note of something else or one that cannot be read. */
export const readNote = (key: string, value: string): KnownSession | null => {
  const name = key.slice(NOTE_PREFIX.length)
  if (!key.startsWith(NOTE_PREFIX) || !SESSION_NAME.test(name)) return null
  const parsed = noteSchema.safeParse(parseJson(value))
  return parsed.success ? { name: name as SessionName, ...parsed.data } : null
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
