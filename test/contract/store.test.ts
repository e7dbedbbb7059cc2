import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStore } from '../../src/adapters/level/open.js'
import { MemoryContent, MemoryStore } from '../../src/adapters/memory/store.js'
import { FaultyStore } from '../support/faulty-store.js'
import { storeContract } from './store.js'

storeContract('memory', async () => {
  const content = new MemoryContent()
  return { open: async () => new MemoryStore(content), remove: async () => content.notes.clear() }
})

storeContract('memory behind the faulty one, without a fault', async () => {
  const content = new MemoryContent()
  return { open: async () => new FaultyStore(new MemoryStore(content), {}), remove: async () => content.notes.clear() }
})

storeContract('level', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein store ü-'))
  return {
    open: async () => {
      const opened = await openLevelStore(join(folder, 'store'), { create: true })
      if (!opened.ok) throw new Error(JSON.stringify(opened.failure))
      return opened.value
    },
    remove: () => rm(folder, { recursive: true })
  }
})
