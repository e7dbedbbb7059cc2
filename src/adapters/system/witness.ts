import { mkdir, open, readdir, readFile, type FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Witness } from '../../ports/witness.js'

/** Where programs keep what should outlive their restarts and is no setting, for this user on this system. */
export const stateFolder = (env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform, home = homedir()): string => {
  if (env.XDG_STATE_HOME !== undefined && isAbsolute(env.XDG_STATE_HOME)) return join(env.XDG_STATE_HOME, 'skein')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'skein')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'skein')
  return join(home, '.local', 'state', 'skein')
}

const EPOCH = /^[0-9a-f]{24}$/
/** A number below 2^53 and a line's end: always as many bytes, so that one write replaces all of it. */
const DIGITS = 16
const NUMBER = /^[0-9]{16}\n$/

const textOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/**
 * The witness in a folder of its own, one small file for each epoch, so that two copies of one home on one machine do not write over each
 * other's. It is not flushed: a power cut leaves it behind or unreadable, which is as if nothing were known, and costs no commit anything.
 */
export class FolderWitness implements Witness {
  readonly #folder: string
  readonly #newest = new Map<string, number>()
  readonly #written = new Map<string, number>()
  readonly #files = new Map<string, FileHandle>()
  #writing: Promise<void> | null = null
  #failure: string | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  get failure(): string | null {
    return this.#failure
  }

  async read(): Promise<ReadonlyMap<string, number>> {
    const known = new Map<string, number>()
    try {
      for (const epoch of await readdir(this.#folder)) {
        if (!EPOCH.test(epoch)) continue
        const text = await readFile(join(this.#folder, epoch), 'latin1')
        if (NUMBER.test(text)) known.set(epoch, Number(text))
      }
    } catch (error) {
      if (!isMissing(error)) this.#failure = `${this.#folder} cannot be read: ${textOf(error)}`
    }
    for (const [epoch, seq] of known) this.#written.set(epoch, seq)
    return known
  }

  note(epoch: string, seq: number): void {
    if (seq <= (this.#written.get(epoch) ?? -1) || seq <= (this.#newest.get(epoch) ?? -1)) return
    this.#newest.set(epoch, seq)
    this.#writing ??= this.#write()
  }

  async close(): Promise<void> {
    await this.#writing
    for (const file of this.#files.values()) await file.close()
    this.#files.clear()
  }

  async #write(): Promise<void> {
    try {
      for (let next = this.#newest.entries().next(); next.done !== true; next = this.#newest.entries().next()) {
        const [epoch, seq] = next.value
        this.#newest.delete(epoch)
        const file = this.#files.get(epoch) ?? (await this.#open(epoch))
        await file.write(`${String(seq).padStart(DIGITS, '0')}\n`, 0, 'latin1')
        this.#written.set(epoch, seq)
      }
      this.#failure = null
    } catch (error) {
      this.#failure = `${this.#folder} cannot be written: ${textOf(error)}`
    } finally {
      this.#writing = null
    }
  }

  async #open(epoch: string): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = join(this.#folder, epoch)
    const file = await open(path, 'r+').catch((error: unknown) => {
      if (isMissing(error)) return open(path, 'w+', 0o600)
      throw error
    })
    this.#files.set(epoch, file)
    return file
  }
}
