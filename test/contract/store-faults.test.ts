import { expect, test } from 'vitest'
import { MemoryContent, MemoryStore } from '../../src/adapters/memory/store.js'
import { FaultyStore } from '../support/faulty-store.js'
import { ALICE, frame, NOTHING, scanned } from './store.js'

const commitAll = (store: FaultyStore, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => store.commit({ ...NOTHING, frames: [frame(ALICE, index + 1)] }).then(() => 'done', ({ code }) => code)))

test('the commit that is made to fail fences, and nothing of it or after it is there', async () => {
  const store = new FaultyStore(new MemoryStore(), { failAt: 3, code: 'DISK_FULL' })
  expect(await commitAll(store, 5)).toEqual(['done', 'done', 'DISK_FULL', 'DISK_FULL', 'DISK_FULL'])
  expect((await scanned(store)).length).toBe(2)
})

test('a commit that fails after the disk took it is found when the store is opened anew', async () => {
  const content = new MemoryContent()
  const store = new FaultyStore(new MemoryStore(content), { failAfter: 2 })
  expect(await commitAll(store, 3)).toEqual(['done', 'FENCED', 'FENCED'])
  await store.close()
  expect((await scanned(new MemoryStore(content))).length).toBe(2)
})

test('a commit that is held up holds up those behind it', async () => {
  const order: string[] = []
  let open = (): void => undefined
  const gate = new Promise<void>(resolve => (open = resolve))
  const store = new FaultyStore(new MemoryStore(), { before: async commit => (commit === 1 ? gate : undefined) })
  const commits = [1, 2].map(seq => store.commit({ ...NOTHING, frames: [frame(ALICE, seq)] }).then(() => order.push(`${seq}`)))
  expect((await scanned(store)).length).toBe(0)
  order.push('opened')
  open()
  await Promise.all(commits)
  expect(order).toEqual(['opened', '1', '2'])
})
