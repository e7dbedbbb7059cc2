import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { errorCode } from '../host/home.js'
import type { Host } from '../host/host.js'
import { skeinVersion } from '../host/version.js'
import type { LineEnd } from './caller-line.js'
import { callSchema, dispatch, isHolding, type Call } from './dispatch.js'
import { failureReply, type Reply } from './envelope.js'
import { fenceWarnings } from './fence.js'
import { HeldLine } from './held-line.js'

/** The first line that a daemon sends on each connection: whoever does not get it soon knows that the daemon hangs. */
export interface Greeting {
  readonly skein: string
  readonly pid: number
}

/** Answers control calls on the home's unix socket: one line of JSON each way, bounded in size, number and time. */
export class ControlServer {
  readonly #host: Host
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Those that have sent their call and wait for its answer. */
  readonly #asking = new Set<Socket>()
  /** Calls that last as long as their caller holds on. */
  readonly #held = new Set<HeldLine>()
  readonly #stop: () => void
  #running = 0
  #stopping = false

  /** @param stop asked for by `skein down` */
  constructor(host: Host, stop: () => void) {
    this.#host = host
    this.#stop = stop
    this.#server = createServer(socket => this.#accept(socket))
    this.#server.maxConnections = LIMITS.controlConcurrent * 4 + LIMITS.controlHeld
  }

  /**
   * The store's lock is held, so a socket that is there was left by a daemon that was killed. The folder is 0700 and this user's own, the
   * socket 0600. `HOME_UNWRITABLE` where something stands in the way.
   */
  async listen(): Promise<Result<true>> {
    const { socket, run } = this.#host.paths
    const before = process.umask(0o177)
    try {
      if (!lstatSync(run).isDirectory()) return failure('HOME_UNWRITABLE', `${run} is no folder of its own: whoever can change it could answer in this daemon's place`, { details: { path: run }, next: [`rm ${run}`, 'skein up'] })
      chmodSync(run, 0o700)
      rmSync(socket, { force: true })
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject)
        this.#server.listen(socket, resolve)
      })
      chmodSync(socket, 0o600)
      return success(true)
    } catch (error) {
      return failure('HOME_UNWRITABLE', `the control socket ${socket} cannot be made: ${errorCode(error)}`, { details: { path: socket, cause: errorCode(error) }, next: [`look at what ${socket} is, and take it away`] })
    } finally {
      process.umask(before)
    }
  }

  /** What is being worked on is still answered, within `LIMITS.closeMs`. */
  async close(): Promise<void> {
    const stopping: LineEnd = 'stopping'
    for (const line of this.#held) line.end(stopping)
    for (const socket of this.#sockets) if (!this.#asking.has(socket)) socket.end()
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    const force = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, LIMITS.closeMs)
    await closed
    clearTimeout(force)
    rmSync(this.#host.paths.socket, { force: true })
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setTimeout(LIMITS.controlMs * 2, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#asking.delete(socket)
    })
    const greeting: Greeting = { skein: skeinVersion(), pid: process.pid }
    socket.write(`${JSON.stringify(greeting)}\n`)
    let pending = Buffer.alloc(0)
    socket.on('data', chunk => {
      pending = Buffer.concat([pending, chunk])
      const end = pending.indexOf(10)
      if (end < 0 && pending.length <= LIMITS.controlRequestBytes) return
      socket.pause()
      socket.removeAllListeners('data')
      const line = end < 0 ? null : pending.subarray(0, end)
      pending = Buffer.alloc(0)
      this.#asking.add(socket)
      void this.#answer(socket, line)
    })
  }

  async #answer(socket: Socket, line: Buffer | null): Promise<void> {
    const reply = line === null || line.length > LIMITS.controlRequestBytes ? tooLarge() : await this.#reply(socket, line.toString('utf8'))
    const text = JSON.stringify(reply)
    const whole = Buffer.byteLength(text) > LIMITS.controlReplyBytes ? JSON.stringify(answerTooLarge()) : text
    socket.end(`${whole}\n`, () => {
      if (this.#stopping) this.#stop()
    })
    socket.resume()
    socket.on('data', () => socket.destroy())
  }

  async #reply(socket: Socket, line: string): Promise<Reply> {
    const value = parseLine(line)
    const call = callSchema.safeParse(value)
    if (!call.success) return failureReply({ code: 'REQUEST_REFUSED', message: 'the control socket was sent something that is no call', next: ['skein --help'] })
    if (call.data.op === 'shutdown') {
      this.#stopping = true
      return { envelope: { schema_version: 1, ok: true, data: { pid: process.pid }, warnings: fenceWarnings(this.#host), freshness: {}, next: [] }, exit: 0 }
    }
    if (isHolding(call.data.op)) return this.#hold(socket, call.data)
    if (this.#running >= LIMITS.controlConcurrent) return failureReply({ code: 'REQUEST_REFUSED', message: `the daemon already works on ${LIMITS.controlConcurrent} calls`, next: ['try again'] })
    this.#running += 1
    try {
      return await dispatch(this.#host, call.data)
    } finally {
      this.#running -= 1
    }
  }

  async #hold(socket: Socket, call: Call): Promise<Reply> {
    if (this.#held.size >= LIMITS.controlHeld) return failureReply({ code: 'REQUEST_REFUSED', message: `${LIMITS.controlHeld} others wait here already`, next: ['try again'] })
    const line = new HeldLine(socket)
    this.#held.add(line)
    try {
      return await dispatch(this.#host, call, line)
    } finally {
      this.#held.delete(line)
      // whoever inherited the connection may have it for long; the answer is all that is left to say
      socket.setTimeout(LIMITS.closeMs)
    }
  }
}

const tooLarge = (): Reply => failureReply({ code: 'TOO_LARGE', message: `a call of more than ${LIMITS.controlRequestBytes} bytes` })

const answerTooLarge = (): Reply => failureReply({ code: 'TOO_LARGE', message: `an answer of more than ${LIMITS.controlReplyBytes} bytes`, next: ['ask for less: --since, --kind, --limit'] })

/** JSON of bounded depth (hazard N2), or undefined. */
const parseLine = (line: string): unknown => {
  let depth = 0
  let inText = false
  for (let index = 0; index < line.length; index++) {
    const character = line[index]
    if (inText) {
      if (character === '\\') index += 1
      else if (character === '"') inText = false
    } else if (character === '"') inText = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    if (depth > LIMITS.jsonDepth) return undefined
  }
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
