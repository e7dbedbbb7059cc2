import type { SessionName } from '../../src/core/brand.js'
import { formRecord, recordIdOf, type RecordFields } from '../../src/core/coordination/records/record.js'
import { HybridClock } from '../../src/core/replication/hybrid-clock.js'
import { OwnLog } from '../../src/core/replication/own-log.js'
import { systemAdapters } from '../../src/control/assembly.js'
import { Host } from '../../src/host/host.js'
import type { FrameStore } from '../../src/ports/store.js'

const opened = async (home: string) => {
  const adapters = systemAdapters()
  let store: FrameStore | null = null
  const openStore: typeof adapters.openStore = async (folder, options) => {
    const found = await adapters.openStore(folder, options)
    if (found.ok) store = found.value
    return found
  }
  const host = await Host.open(home, { ...adapters, openStore }, { what: 'a newer version', daemon: false })
  const signer = await adapters.keys(home).host()
  if (!host.ok || !signer.ok || store === null) throw new Error(`${home} cannot be opened`)
  return { host: host.value, signer: signer.value, store: store as FrameStore, crypto: adapters.crypto }
}

export interface Foreign {
  readonly kind: string
  readonly fields: RecordFields
}

/**
 * A host of a later version: writes records that this version's own check would refuse (kinds and fields that it does not know), signed
 * and chained by the real code into the home's log. No daemon may run on it. Gives the records' ids and texts.
 */
export const writeAsNewerVersion = async (home: string, session: string, records: readonly Foreign[]): Promise<{ readonly id: string; readonly text: string }[]> => {
  const { host, signer, store, crypto } = await opened(home)
  try {
    const { mesh, key, logs, author } = host.replica
    if (author === null) throw new Error('this host has written nothing yet')
    const own = new OwnLog({ crypto, mesh, key, signer, logs, clock: new HybridClock() })
    own.resume(author)
    const { wall } = host.now()
    const texts = records.map(({ kind, fields }, count) => {
      const formed = formRecord({ kind, session: session as SessionName, stamp: [wall, count], offset: 0, fields })
      if (!formed.ok) throw new Error(formed.failure.message)
      return { id: recordIdOf(crypto, mesh, key, formed.value), text: formed.value }
    })
    const { frames } = own.write(texts.map(({ id, text }) => [id, text] as const), wall, 0)
    await store.commit({ frames: frames.map(({ header, bytes }) => ({ author: header.author, seq: header.seq, bytes })), starts: [], retired: [], acts: [], proofs: [], notes: [] })
    return texts
  } finally {
    await host.stop()
  }
}
