import { afterEach, beforeEach, expect, it } from 'vitest'
import { LIMITS } from '../../src/core/limits.js'
import { equalBytes, toHex, utf8 } from '../../src/core/encoding/bytes.js'
import type { Connection, ConnectionEvents, DialFailure, Listener, Posture, Transport } from '../../src/ports/transport.js'

export interface TransportBench {
  readonly near: Transport
  readonly far: Transport
  /** What `far`'s certificate holds; null on a channel without TLS. */
  readonly farKey: Uint8Array | null
  readonly scheme: 'wss' | 'ws'
}

/** What one end has heard; `until` waits for a fact and says what there is when it does not come. */
export class Ear implements ConnectionEvents {
  readonly messages: Uint8Array[] = []
  readonly reasons: string[] = []
  drains = 0
  #waiting: { readonly fact: () => boolean; readonly resolve: () => void }[] = []

  message(bytes: Uint8Array): void {
    expect(this.reasons, 'a message after closed').toEqual([])
    this.messages.push(bytes)
    this.#look()
  }

  drained(): void {
    this.drains += 1
    this.#look()
  }

  closed(reason: string): void {
    this.reasons.push(reason)
    this.#look()
  }

  until(fact: () => boolean): Promise<void> {
    return fact() ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ fact, resolve }))
  }

  end(): Promise<void> {
    return this.until(() => this.reasons.length > 0)
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ fact, resolve }) => {
      if (!fact()) return true
      resolve()
      return false
    })
  }
}

export const listening = (connection: Connection): Ear => {
  const ear = new Ear()
  connection.start(ear)
  return ear
}

const pattern = (length: number, salt: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 31 + salt) & 255)

/** What every transport does; run on the memory one, on TLS and on the channel without. */
export const transportContract = (makeBench: () => Promise<TransportBench>): void => {
  let bench: TransportBench
  let listener: Listener
  let accepted: Connection[]
  let dialledOnes: Connection[]
  let waiting: ((connection: Connection) => void)[]

  const nextAccepted = (): Promise<Connection> => {
    const connection = accepted.shift()
    return connection === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(connection)
  }

  const url = (port = listener.port): string => `${bench.scheme}://127.0.0.1:${port}`

  const link = async (pin: Uint8Array | null = bench.farKey): Promise<{ near: Connection; far: Connection }> => {
    const dialled = await bench.near.dial({ url: url(), label: 'local' }, { pin, timeoutMs: 5_000 })
    if (!dialled.ok) throw new Error(dialled.failure.text)
    dialledOnes.push(dialled.connection)
    return { near: dialled.connection, far: await nextAccepted() }
  }

  const provenLink = async (): Promise<{ near: Connection; far: Connection; nearEar: Ear; farEar: Ear }> => {
    const { near, far } = await link()
    near.authenticated()
    far.authenticated()
    return { near, far, nearEar: listening(near), farEar: listening(far) }
  }

  const failing = async (address: string, label: string, pin: Uint8Array | null): Promise<DialFailure> => {
    const dialled = await bench.near.dial({ url: address, label }, { pin, timeoutMs: 5_000 })
    if (dialled.ok) throw new Error('the dial went well')
    return dialled.failure
  }

  beforeEach(async () => {
    bench = await makeBench()
    accepted = []
    dialledOnes = []
    waiting = []
    listener = await bench.far.listen('127.0.0.1', 0, (connection) => {
      const resolve = waiting.shift()
      if (resolve === undefined) accepted.push(connection)
      else resolve(connection)
    })
  })

  afterEach(async () => {
    for (const connection of dialledOnes) connection.close('end of the test')
    await listener.close()
  })

  it('carries whole messages of every size, in order, once, both ways at a time', async () => {
    const { near, far, nearEar, farEar } = await provenLink()
    const sizes = [0, 1, 125, 126, 127, 4_096, 65_535, 65_536, LIMITS.messageBytes, 2]
    for (const [index, size] of sizes.entries()) {
      near.send(pattern(size, index))
      far.send(pattern(size, index + 100))
    }
    await Promise.all([farEar.until(() => farEar.messages.length === sizes.length), nearEar.until(() => nearEar.messages.length === sizes.length)])
    for (const [index, size] of sizes.entries()) {
      expect(equalBytes(farEar.messages[index] ?? pattern(9, 9), pattern(size, index)), `message ${index} of ${size} bytes`).toBe(true)
      expect(equalBytes(nearEar.messages[index] ?? pattern(9, 9), pattern(size, index + 100)), `message ${index} of ${size} bytes`).toBe(true)
    }
    near.send(utf8('one more'))
    await farEar.until(() => farEar.messages.length === sizes.length + 1)
  })

  it('hands over plain bytes, whose slice is a copy', async () => {
    const { near, farEar } = await provenLink()
    near.send(Buffer.from('abc'))
    await farEar.until(() => farEar.messages.length === 1)
    const [message] = farEar.messages
    expect(message?.constructor).toBe(Uint8Array)
  })

  it('lets 10,000 messages wait for start, and says nothing before start has returned', async () => {
    const { near, far } = await link()
    near.authenticated()
    far.authenticated()
    for (let index = 0; index < 10_000; index++) near.send(Uint8Array.of(index >> 8, index & 255))
    near.close('said all')
    const ear = new Ear()
    far.start(ear)
    expect(ear.messages).toEqual([])
    await ear.end()
    expect(ear.messages.length).toBe(10_000)
    expect(ear.messages.every((bytes, index) => bytes[0] === index >> 8 && bytes[1] === (index & 255))).toBe(true)
    expect(ear.reasons).toEqual(['peer closed: said all'])
  })

  it('gives both ends one binding, and every connection another', async () => {
    const links = [await link(), await link(), await link()]
    for (const { near, far } of links) {
      expect(near.binding.length).toBe(32)
      expect(toHex(near.binding)).toBe(toHex(far.binding))
    }
    expect(new Set(links.map(({ near }) => toHex(near.binding))).size).toBe(3)
  })

  it('names direction, certificate key and posture', async () => {
    const { near, far } = await link()
    expect([near.direction, far.direction]).toEqual(['dialled', 'accepted'])
    expect(near.remote).not.toBe('')
    expect(far.remote).not.toBe('')
    expect(near.certificateKey).toEqual(bench.farKey)
    expect(far.certificateKey).toBe(null)
    const secured = (posture: Posture): Posture => (bench.scheme === 'ws' ? 'insecure' : posture)
    const unpinned = await link(null)
    expect([near.posture, far.posture, unpinned.near.posture]).toEqual([secured('tls-pinned'), secured('tls-unpinned'), secured('tls-unpinned')])
    for (const connection of [near, far, unpinned.near]) connection.authenticated()
    expect([near.posture, far.posture, unpinned.near.posture]).toEqual([secured('tls-pinned'), secured('tls-pinned'), secured('tls-unpinned')])
  })

  it('tells both ends of a close exactly once, and carries nothing after it', async () => {
    const { near, far, nearEar, farEar } = await provenLink()
    near.send(utf8('last'))
    near.close('enough')
    near.close('again')
    near.send(utf8('too late'))
    far.send(utf8('not heard'))
    await Promise.all([nearEar.end(), farEar.end()])
    far.send(utf8('into the void'))
    far.close('late')
    near.close('late')
    expect(farEar.messages.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['last'])
    expect(nearEar.messages).toEqual([])
    expect([nearEar.reasons, farEar.reasons]).toEqual([['enough'], ['peer closed: enough']])
    expect([near.queuedBytes(), far.queuedBytes()]).toEqual([0, 0])
  })

  it('tells of a close that came before start', async () => {
    const { near, far } = await link()
    near.close('changed my mind')
    const ear = listening(far)
    await ear.end()
    expect(ear.reasons).toEqual(['peer closed: changed my mind'])
  })

  it('closes at the receiver when a message is above the limit', async () => {
    const { near, nearEar, farEar } = await provenLink()
    near.send(new Uint8Array(LIMITS.messageBytes + 1))
    await Promise.all([nearEar.end(), farEar.end()])
    expect(farEar.messages).toEqual([])
    expect(farEar.reasons).toEqual([`a message above ${LIMITS.messageBytes} bytes`])
  })

  it.each(['near', 'far'] as const)('withholds what a peer sends beyond a few bytes until it has proved its key (%s end)', async (end) => {
    const { near, far } = await link()
    const [sender, receiver] = end === 'far' ? [near, far] : [far, near]
    sender.authenticated()
    const ear = listening(receiver)
    const quarter = LIMITS.unauthenticatedBytes / 4
    const sizes = [quarter, quarter, quarter * 2, 200, 10, LIMITS.messageBytes, 0]
    for (const size of sizes) sender.send(new Uint8Array(size))
    await ear.until(() => ear.messages.length === 3)
    receiver.authenticated()
    expect(ear.messages.length, 'nothing from within the call').toBe(3)
    await ear.until(() => ear.messages.length === sizes.length)
    expect(ear.messages.map((bytes) => bytes.length)).toEqual(sizes)
  })

  it('hands on what follows the proof when the owner says so while it hears the proof', async () => {
    const { near, far } = await link()
    near.authenticated()
    const ear = new Ear()
    const heard: number[] = []
    let depth = 0
    far.start({
      message: (bytes) => {
        depth += 1
        expect(depth, 'a message from within a message').toBe(1)
        if (heard.push(bytes.length) === 2) far.authenticated()
        ear.message(bytes)
        depth -= 1
      },
      drained: () => undefined,
      closed: (reason) => ear.closed(reason)
    })
    const sizes = [100, 200, 4_000, 60_000, 1]
    for (const size of sizes) near.send(new Uint8Array(size))
    await ear.until(() => ear.messages.length === sizes.length)
    expect(heard).toEqual(sizes)
  })

  it('drops what a stranger sent beyond that when it closes', async () => {
    const { near, far } = await link()
    const ear = listening(far)
    for (let index = 0; index < 5; index++) near.send(new Uint8Array(LIMITS.unauthenticatedBytes / 4))
    await ear.until(() => ear.messages.length === 4)
    far.close('not one of us')
    await ear.end()
    far.authenticated()
    await Promise.resolve()
    expect([ear.messages.length, ear.reasons]).toEqual([4, ['not one of us']])
  })

  it('says when the send queue has drained', async () => {
    const { near, far } = await link()
    near.authenticated()
    far.authenticated()
    const nearEar = listening(near)
    const chunk = new Uint8Array(256 * 1024)
    let sent = 0
    while (near.queuedBytes() < LIMITS.sendQueueBytes) {
      near.send(chunk)
      sent += 1
    }
    const farEar = listening(far)
    await nearEar.until(() => nearEar.drains === 1)
    expect(near.queuedBytes()).toBeLessThanOrEqual(LIMITS.sendQueueBytes / 4)
    await farEar.until(() => farEar.messages.length === sent)
    expect(nearEar.drains).toBe(1)
  })

  it('says why a dial failed', async () => {
    const free = await bench.far.listen('127.0.0.1', 0, () => undefined)
    await free.close()
    const refused = await failing(url(free.port), 'local', bench.farKey)
    expect(refused.reason).toBe('refused')
    expect(refused.text).toContain(`connection refused by 127.0.0.1:${free.port}`)
    expect((await failing(url(), 'vpn', null)).reason).toBe('insecure-label')
    if (bench.scheme === 'wss') expect((await failing(url(), 'local', pattern(32, 5))).reason).toBe('pin-mismatch')
    expect(accepted).toEqual([])
  })

  it('rejects a port that is taken, with the code of the system', async () => {
    await expect(bench.far.listen('127.0.0.1', listener.port, () => undefined)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('ends every accepted connection with its listener, whose port is free then', async () => {
    const links = [await provenLink(), await provenLink()]
    const silent = await link()
    await Promise.all([listener.close(), listener.close()])
    await Promise.all(links.flatMap(({ nearEar, farEar }) => [nearEar.end(), farEar.end()]))
    await listening(silent.near).end()
    expect(links[0]?.nearEar.reasons).toEqual(['peer closed: the host is shutting down'])
    expect((await failing(url(), 'local', bench.farKey)).reason).toBe('refused')
    const again = await bench.far.listen('127.0.0.1', listener.port, () => undefined)
    await again.close()
  })
}
