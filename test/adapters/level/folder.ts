import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import type { FrameStore } from '../../../src/ports/store.js'

/** A temporary folder with a store in it, and ways behind its back. */
export class StoreFolder {
  readonly #base: string
  readonly path: string

  private constructor(base: string) {
    this.#base = base
    this.path = join(base, 'store')
  }

  static async make(): Promise<StoreFolder> {
    return new StoreFolder(await mkdtemp(join(tmpdir(), 'skein-level-')))
  }

  async open(options: { create?: boolean; minFreeBytes?: number } = {}): Promise<FrameStore> {
    const opened = await openLevelStore(this.path, { create: true, ...options })
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure))
    return opened.value
  }

  /** Opens, runs and closes. */
  async with<Value>(run: (store: FrameStore) => Promise<Value>, options: { minFreeBytes?: number } = {}): Promise<Value> {
    const store = await this.open(options)
    try {
      return await run(store)
    } finally {
      await store.close()
    }
  }

  /** The database itself, while no store is open on it. */
  async raw<Value>(run: (db: Level<string, Uint8Array>) => Promise<Value>): Promise<Value> {
    const db = new Level<string, Uint8Array>(join(this.path, 'frames'), { keyEncoding: 'utf8', valueEncoding: 'view', createIfMissing: false, compression: false })
    await db.open()
    try {
      return await run(db)
    } finally {
      await db.close()
    }
  }

  /** A copy in a folder of its own, to be removed by itself. */
  async copy(): Promise<StoreFolder> {
    const copy = await StoreFolder.make()
    await cp(this.path, copy.path, { recursive: true })
    return copy
  }

  remove(): Promise<void> {
    return rm(this.#base, { recursive: true, force: true })
  }
}
