import { expect, it } from 'vitest'
import { MemoryNetwork } from '../../../src/adapters/memory/transport.js'
import type { Connection, ConnectionEvents, DialResult } from '../../../src/ports/transport.js'

const key = new Uint8Array(32).fill(1)

const linked = async (network: MemoryNetwork, story: string[]) => {
  const ears = (name: string): ConnectionEvents => ({
    message: (bytes) => story.push(`${name} hears ${bytes[0]}`),
    drained: () => story.push(`${name} drained`),
    closed: (reason) => story.push(`${name} closed: ${reason}`)
  })
  const accepted: Connection[] = []
  const listener = await network.transport('b', { key }).listen('b', 0, (connection) => accepted.push(connection))
  const dial = (): Promise<DialResult> => network.transport('a', { key }).dial({ url: `wss://b:${listener.port}`, label: 'lan' }, { pin: key, timeoutMs: 1 })
  const dialled = await dial()
  const [b] = accepted
  if (!dialled.ok || b === undefined) throw new Error('no link')
  const a = dialled.connection
  a.start(ears('a'))
  b.start(ears('b'))
  await Promise.resolve()
  return { a, b, dial }
}

it('delivers only on flush when told so, in the order of sending', async () => {
  const network = new MemoryNetwork({ automatic: false })
  const story: string[] = []
  const { a, b } = await linked(network, story)
  a.send(Uint8Array.of(1))
  b.send(Uint8Array.of(2))
  a.send(Uint8Array.of(3))
  a.close('done')
  await Promise.resolve()
  expect(story).toEqual([])
  expect(network.flush()).toBe(5)
  expect(story).toEqual(['b hears 1', 'b hears 3', 'a closed: done', 'b closed: peer closed: done'])
})

it('holds what is sent across a cut, refuses dials, and goes on in order when healed', async () => {
  const network = new MemoryNetwork({ automatic: false })
  const story: string[] = []
  const { a, b, dial } = await linked(network, story)
  network.cut('b', 'a')
  a.send(Uint8Array.of(1))
  network.flush()
  a.send(Uint8Array.of(2))
  b.close('tired')
  expect(await dial()).toMatchObject({ ok: false, failure: { reason: 'unreachable' } })
  network.flush()
  expect(story).toEqual(['b closed: tired'])
  network.heal('a', 'b')
  network.flush()
  expect(story).toEqual(['b closed: tired', 'a closed: peer closed: tired'])
  expect(await dial()).toMatchObject({ ok: true })
})

it('breaks both ends when severed, and loses what was under way', async () => {
  const network = new MemoryNetwork()
  const story: string[] = []
  const { a, b } = await linked(network, story)
  network.cut('a', 'b')
  a.send(Uint8Array.of(1))
  network.sever('a', 'b')
  network.heal('a', 'b')
  b.send(Uint8Array.of(2))
  await Promise.resolve()
  expect(story).toEqual(['a closed: connection lost', 'b closed: connection lost'])
})

it('copies what is sent', async () => {
  const network = new MemoryNetwork({ automatic: false })
  const story: string[] = []
  const { a } = await linked(network, story)
  const bytes = Uint8Array.of(1)
  a.send(bytes)
  bytes[0] = 9
  network.flush()
  expect(story).toEqual(['b hears 1'])
})
