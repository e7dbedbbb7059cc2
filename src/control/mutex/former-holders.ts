import { z } from 'zod'
import type { RecordId, SessionName } from '../../core/brand.js'
import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'
import { processTable } from '../caller/caller.js'
import { Mutexes } from './mutexes.js'

const NOTE = 'mutex/'

const processSchema = z.object({ pid: z.number().int().positive(), started: z.string() })

const noteSchema = z.object({
  session: z.string(),
  since: z.number(),
  command: z.string(),
  /** The claim that tells other hosts. */
  claim: z.string().nullable(),
  /** The command that asked, and its child as soon as there is one. */
  processes: z.array(processSchema)
})

export type MutexNote = z.infer<typeof noteSchema>

const byHost = new WeakMap<Host, Mutexes>()

export const mutexesOf = (host: Host): Mutexes => {
  const mutexes = byHost.get(host) ?? new Mutexes()
  byHost.set(host, mutexes)
  return mutexes
}

/** A process and when it began, so that another with its pid is not taken for it; null where it has ended. */
export const processNow = (pid: number): MutexNote['processes'][number] | null => {
  const started = processTable().startTime(pid)
  return started === null ? null : { pid, started }
}

/** Remembered beyond this daemon's life: what runs under a mutex goes on when the daemon ends. */
export const noteHolding = (host: Host, key: string, note: MutexNote | null): void => host.runtime.note(NOTE + key, note === null ? null : JSON.stringify(note))

const readNote = (text: string): MutexNote | null => {
  try {
    const parsed = noteSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Whether this process was begun, at whatever distance, by what runs under the mutex now: then it would wait for itself. */
export const runsUnder = (host: Host, key: string, pid: number): boolean => {
  const note = readNote(host.replica.notes.get(NOTE + key) ?? '')
  const table = processTable()
  let at: number | null = note === null ? null : table.parentOf(pid)
  for (let step = 0; at !== null && step < LIMITS.callerAncestors; step++) {
    const one = at
    if (note?.processes.some(each => each.pid === one && each.started === table.startTime(one)) === true) return true
    at = table.parentOf(one)
  }
  return false
}

/** Tells the other hosts that it is over. The lease ends what the log does not take. */
export const releaseClaim = async (host: Host, session: SessionName, claim: RecordId | null): Promise<void> => {
  if (claim !== null && host.replica.view.claims.claim(claim)?.scope.length !== 0) await host.write(session, [{ kind: 'release', fields: { claims: [claim] } }])
}

/** Those that held a mutex when the daemon before this one ended hold it until both the command and its child are gone; looked at once a second. */
export const adoptHolders = (host: Host): void => {
  for (const [key, value] of host.replica.notes) {
    if (!key.startsWith(NOTE)) continue
    const note = readNote(value)
    if (note === null) {
      host.runtime.note(key, null)
      continue
    }
    const place = mutexesOf(host).enter(key.slice(NOTE.length), note, () => undefined)
    const look = (): void => {
      const table = processTable()
      if (note.processes.some(({ pid, started }) => table.startTime(pid) === started)) {
        host.adapters.clock.after(LIMITS.mutexLookMs, look)
        return
      }
      host.runtime.note(key, null)
      place.leave()
      void releaseClaim(host, note.session as SessionName, note.claim as RecordId | null)
    }
    look()
  }
}
