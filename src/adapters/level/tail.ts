import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { ByteReader } from '../../core/encoding/reader.js'
import { ByteWriter } from '../../core/encoding/writer.js'
import { seal, unseal } from './sealed.js'

const SLOT_BYTES = 24
const KEY = 'tail'

const decode = (slot: Uint8Array): number | null => {
  const sealed = unseal(KEY, slot)
  if (sealed === null) return null
  const reader = new ByteReader(sealed.bytes)
  const commits = reader.u64()
  return reader.done() ? commits : null
}

/**
 * How many commits were acknowledged, in a file of its own beside the database. LevelDB drops a damaged end of its log without a word, and
 * what a commit says about the store goes with it: only something apart can tell. It is written after the commit, not flushed, and nobody
 * waits for it: it may be behind after a crash, never ahead, so it never accuses a sound store; after a clean close it is exact.
 * Two slots in turn, so that a torn write leaves the older one.
 */
export class Tail {
  readonly #file: FileHandle
  #newest: number
  #written: number
  #writing: Promise<void> | null = null
  #failure: unknown = null

  private constructor(file: FileHandle, written: number) {
    this.#file = file
    this.#newest = written
    this.#written = written
  }

  /** What it says, without opening it to be written. */
  static async read(path: string): Promise<{ readonly commits: number; readonly damaged: boolean }> {
    const bytes = await readFile(path)
    const counts = [0, 1].map(slot => decode(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)))
    return { commits: Math.max(counts[0] ?? 0, counts[1] ?? 0), damaged: counts.every(count => count === null) }
  }

  /** `damaged`: no slot can be read. Rejects with the system's error, `ENOENT` where the file is missing and `create` is not set. */
  static async open(path: string, create: boolean): Promise<{ readonly tail: Tail; readonly commits: number; readonly damaged: boolean }> {
    const file = await open(path, create ? 'w+' : 'r+', 0o600)
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(2 * SLOT_BYTES), 0, 2 * SLOT_BYTES, 0)
      const counts = [0, 1].map(slot => decode(buffer.subarray(slot * SLOT_BYTES, Math.min(bytesRead, (slot + 1) * SLOT_BYTES))))
      const commits = Math.max(counts[0] ?? 0, counts[1] ?? 0)
      return { tail: new Tail(file, counts.every(count => count === null) ? -1 : commits), commits, damaged: !create && counts.every(count => count === null) }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** The error of an earlier write, or null. */
  get failure(): unknown {
    return this.#failure
  }

  note(commits: number): void {
    this.#newest = commits
    if (this.#newest > this.#written) this.#writing ??= this.#write()
  }

  async flush(): Promise<void> {
    await this.#writing
    await this.#file.sync()
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.#file.close()
    }
  }

  async #write(): Promise<void> {
    try {
      while (this.#written < this.#newest) {
        const commits = this.#newest
        const slot = seal(KEY, new ByteWriter().u64(commits).done()).stored
        await this.#file.write(slot, 0, SLOT_BYTES, (commits % 2) * SLOT_BYTES)
        this.#written = commits
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#writing = null
    }
  }
}
