import { readdirSync } from 'node:fs'
import type { Millis } from '../core/brand.js'
import { failure, success, type Failure, type Result } from '../core/result.js'
import type { FrameStore } from '../ports/store.js'
import { readHolder } from './holder.js'
import { errorCode, homeIsMade, type HomePaths } from './home.js'
import type { HostAdapters } from './host.js'
import { shellWord } from './shell-word.js'

export interface OpenedStore {
  readonly frames: FrameStore
  /** When the try that succeeded began. */
  readonly sinceMono: Millis
  readonly sinceCpuMs: Millis
  /** There was none any more: this one is empty. */
  readonly remade: boolean
}

/** Processor time that this process has used, all threads. */
export const cpuMs = (): Millis => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Opens a store that another process may hold for a moment: waits up to `patienceMs`, then `STORE_LOCKED` names who has it. */
export const openWhenFree = async (paths: HomePaths, adapters: HostAdapters, options: { readonly create: boolean; readonly orRead: boolean }, patienceMs: Millis): Promise<Result<OpenedStore>> => {
  // a home is made together with its store: where all of that is gone, nothing is left to be saved
  const remade = !options.create && homeIsMade(paths.folder) && isGone(paths.store)
  const until = adapters.clock.now().mono + patienceMs
  for (;;) {
    const [sinceMono, sinceCpuMs] = [adapters.clock.now().mono, cpuMs()]
    const store = await adapters.openStore(paths.store, { ...options, create: options.create || remade })
    if (store.ok) return success({ frames: store.value, sinceMono, sinceCpuMs, remade })
    if (store.failure.code === 'STORE_DAMAGED') return lost(paths, store.failure)
    if (store.failure.code !== 'STORE_LOCKED') return store
    if (adapters.clock.now().mono >= until) {
      const holder = readHolder(paths.holder)
      const who = holder === null ? 'another process' : `pid ${holder.pid} (${holder.what}, since ${holder.since})`
      return failure('STORE_LOCKED', `the store in ${paths.folder} is held by ${who}`, { details: { pid: holder?.pid ?? null, what: holder?.what ?? null }, next: ['skein status', 'skein down'] })
    }
    await new Promise(resolve => setTimeout(resolve, LOCK_RETRY_MS))
  }
}

/**
 * What cannot be opened any more is put aside, not deleted: a host without a store begins an empty one and takes back what its peers hold of
 * it (rules C7), and what only lay here may still be had from the old one.
 */
const lost = ({ store }: HomePaths, damaged: Failure): Result<OpenedStore> =>
  failure(damaged.code, damaged.message, { ...damaged, next: [`mv ${shellWord(store)} ${shellWord(`${store}.lost`)}`, 'skein up'] })

const isGone = (store: string): boolean => {
  try {
    return readdirSync(store).length === 0
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}

const LOCK_RETRY_MS = 25
