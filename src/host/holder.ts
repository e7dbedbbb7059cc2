import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { success, type Result } from '../core/result.js'
import { notWritten } from './home.js'

export { isAlive } from './liveness.js'

const holderSchema = z.object({ pid: z.number().int().positive(), what: z.string(), since: z.string() })

/** Who holds a home's store: for the sentence that names the pid. The lock itself is the operating system's, on the store. */
export type Holder = z.infer<typeof holderSchema>

/** `DISK_FULL`; `HOME_UNWRITABLE`, also where the folder itself is gone and cannot be made. */
export const noteHolder = (path: string, what: string, now: Date): Result<true> => {
  const holder: Holder = { pid: process.pid, what, since: now.toISOString() }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, `${JSON.stringify(holder)}\n`, { mode: 0o600 })
    return success(true)
  } catch (error) {
    return notWritten(path, error)
  }
}

/** The last one that noted itself, or null; it may have ended since. */
export const readHolder = (path: string): Holder | null => {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

export const forgetHolder = (path: string): void => {
  if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true })
}
