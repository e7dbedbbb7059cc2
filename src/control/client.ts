import { createConnection, type Socket } from 'node:net'
import { z } from 'zod'
import { visible } from '../core/coordination/records/visible.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { errorCode, homeExists, homePaths, readHome } from '../host/home.js'
import { isAlive, readHolder } from '../host/holder.js'
import { skeinVersion } from '../host/version.js'
import type { Call } from './dispatch.js'
import { failureReply, SCHEMA_VERSION, type Reply } from './envelope.js'
import type { Greeting } from './server.js'

/** The caller's end of a call that holds. */
export interface HeldCall {
  /** Says one line to the operation. */
  send(line: string): void
  /** The connection itself: a child that inherits it holds the call for as long as it lives, whatever becomes of this process. */
  readonly socket: Socket
}

export interface CallOptions {
  readonly home: string
  /** How long the answer may take, in milliseconds, once the daemon has greeted. */
  readonly timeoutMs?: number
  /** Of a call that holds, which then may take any time: what the daemon says before its answer. */
  readonly interim?: (said: unknown, held: HeldCall) => void
}

/**
 * One call on a home: by its daemon when one runs, else in this process on the same store with the same answer. EPERM, EACCES never mean
 * "no daemon": inside a sandbox the store is not opened beside a live one.
 */
export const callHome = async (call: Call, { home, timeoutMs = LIMITS.controlMs, interim }: CallOptions): Promise<Reply> => {
  if (!homeExists(home)) {
    const read = readHome(home)
    return failureReply(read.ok ? { code: 'NO_HOME', message: `there is no skein home in ${home}` } : read.failure)
  }
  const connected = await connectDaemon(home)
  if (!connected.ok) return failureReply(connected.failure)
  const askOrHold = (daemon: Daemon): Promise<Reply> => (interim === undefined ? ask(daemon, call, timeoutMs) : hold(daemon, call, interim))
  return connected.value === null ? callInProcess(call, home, askOrHold) : askOrHold(connected.value)
}

/** Asks the daemon, or says that there is none: for what only a daemon can do (`shutdown`). Null: none runs. */
export const callDaemon = async (call: Call, { home, timeoutMs = LIMITS.controlMs }: CallOptions): Promise<Reply | null> => {
  const connected = await connectDaemon(home)
  if (!connected.ok) return failureReply(connected.failure)
  return connected.value === null ? null : ask(connected.value, call, timeoutMs)
}

/** @param askDaemon what to do where a daemon was starting and listens by now */
const callInProcess = async (call: Call, home: string, askDaemon: (daemon: Daemon) => Promise<Reply>): Promise<Reply> => {
  const [{ Host }, { systemAdapters }, { dispatch }] = await Promise.all([import('../host/host.js'), import('./assembly.js'), import('./dispatch.js')])
  const adapters = systemAdapters()
  const sinceMono = adapters.clock.now().mono
  for (;;) {
    const host = await Host.open(home, adapters, { what: `skein ${call.op}`, daemon: false, lockMs: STARTING_MS })
    if (host.ok) {
      try {
        return await dispatch(host.value, call)
      } finally {
        await host.value.stop()
      }
    }
    if (host.failure.code !== 'STORE_LOCKED') return failureReply(host.failure)
    // a daemon that was starting holds the store and listens by now
    const connected = await connectDaemon(home)
    if (!connected.ok) return failureReply(connected.failure)
    if (connected.value !== null) return askDaemon(connected.value)
    const patienceMs = readHolder(homePaths(home).holder)?.what === 'daemon' ? LIMITS.controlConnectMs : LIMITS.storeLockMs
    if (adapters.clock.now().mono - sinceMono > patienceMs) return failureReply(host.failure)
  }
}

/** How often a store that is held is looked at from the other side: whether its holder is a daemon that answers. */
const STARTING_MS = 100

interface Daemon {
  readonly socket: Socket
  readonly lines: AsyncIterator<string>
  /** Null where its first line is not what a daemon of this version says. */
  readonly greeting: Greeting | null
}

/** How soon a daemon that turned this caller away is asked again. */
const TURNED_AWAY_MS = 100

/** A connection to the daemon that has greeted; null where no daemon runs. `SANDBOXED`, `DAEMON_HUNG`, `REQUEST_REFUSED`. */
const connectDaemon = async (home: string): Promise<Result<Daemon | null>> => {
  for (const until = performance.now() + LIMITS.controlConnectMs; ; ) {
    const connected = await connectOnce(home)
    if (connected !== 'turned away') return connected
    if (performance.now() > until) break
    await new Promise(resolve => setTimeout(resolve, TURNED_AWAY_MS))
  }
  const holder = readHolder(homePaths(home).holder)
  return failure('REQUEST_REFUSED', `the daemon${holder === null ? '' : ` (pid ${holder.pid})`} serves as many callers as it can`, { details: { pid: holder?.pid ?? null }, next: ['try again'] })
}

/** `turned away`: by a daemon that lives and has no place for another caller, or is ending. */
const connectOnce = async (home: string): Promise<Result<Daemon | null> | 'turned away'> => {
  const { socket: path, holder: holderPath } = homePaths(home)
  const opened = await open(path)
  if (!opened.ok) {
    if (opened.code === 'ENOENT' || opened.code === 'ECONNREFUSED' || opened.code === 'ENOTSOCK') return success(null)
    if (opened.code === 'EPERM' || opened.code === 'EACCES') return failure('SANDBOXED', `this process may not use the control socket ${path} (${opened.code})`, { details: { path, cause: opened.code }, next: [`allow the unix socket ${path} in the sandbox's settings`] })
    return failure('NO_DAEMON', `the control socket ${path} cannot be used: ${opened.code}`, { details: { path, cause: opened.code } })
  }
  const lines = readLines(opened.socket)
  const greeting = await withTimeout(lines.next(), LIMITS.controlConnectMs)
  if (greeting !== null && greeting.done !== true) return success({ socket: opened.socket, lines, greeting: parseGreeting(greeting.value) })
  opened.socket.destroy()
  const holder = readHolder(holderPath)
  if (holder === null || !isAlive(holder.pid)) return success(null)
  if (greeting !== null) return 'turned away'
  return failure('DAEMON_HUNG', `the daemon (pid ${holder.pid}) does not answer`, { details: { pid: holder.pid, since: holder.since }, next: [`kill ${holder.pid}`, 'skein up'] })
}

const open = (path: string): Promise<{ ok: true; socket: Socket } | { ok: false; code: string }> =>
  new Promise(resolve => {
    const socket = createConnection(path)
    socket.once('connect', () => resolve({ ok: true, socket }))
    socket.once('error', error => resolve({ ok: false, code: errorCode(error) }))
  })

const ask = async ({ socket, lines, greeting }: Daemon, call: Call, timeoutMs: number): Promise<Reply> => {
  socket.write(`${JSON.stringify(call)}\n`)
  const answer = await withTimeout(lines.next(), timeoutMs)
  socket.destroy()
  if (answer === null) return failureReply({ code: 'DAEMON_HUNG', message: `the daemon did not answer within ${Math.round(timeoutMs / 1000)} s`, next: ['skein status'] })
  if (answer.done === true) return WENT_AWAY
  return parseReply(answer.value, greeting)
}

const WENT_AWAY: Reply = failureReply({ code: 'DAEMON_HUNG', message: 'the daemon went away before it answered; nothing is known of what it did', next: ['skein status'] })

/** Waits as long as it takes, or until the daemon goes. */
const hold = async ({ socket, lines, greeting }: Daemon, call: Call, interim: (said: unknown, held: HeldCall) => void): Promise<Reply> => {
  const held: HeldCall = { socket, send: line => void (socket.writable && socket.write(`${line}\n`)) }
  socket.write(`${JSON.stringify(call)}\n`)
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const said = readInterim(line.value)
    if (said === null) {
      socket.destroy()
      return parseReply(line.value, greeting)
    }
    interim(said.interim, held)
  }
  socket.destroy()
  return WENT_AWAY
}

const interimSchema = z.object({ interim: z.unknown() })

const readInterim = (line: string): { readonly interim: unknown } | null => {
  try {
    const parsed = interimSchema.safeParse(JSON.parse(line))
    return parsed.success && parsed.data.interim !== undefined ? { interim: parsed.data.interim } : null
  } catch {
    return null
  }
}

const greetingSchema = z.object({ skein: z.string(), pid: z.number().int().positive() })

const parseGreeting = (line: string): Greeting | null => {
  try {
    const parsed = greetingSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

const replySchema = z.object({ envelope: z.object({ schema_version: z.literal(SCHEMA_VERSION), ok: z.boolean() }), exit: z.number().int() })

/** Only its frame is looked at: what an operation answers is that operation's own, and it is the same program. */
const parseReply = (line: string, greeting: Greeting | null): Reply => {
  try {
    const reply: Reply = JSON.parse(line)
    return replySchema.safeParse(reply).success ? reply : unreadable(greeting)
  } catch {
    return unreadable(greeting)
  }
}

const unreadable = (greeting: Greeting | null): Reply => {
  const who = greeting === null ? 'the daemon' : `the daemon (pid ${greeting.pid}, skein ${visible(greeting.skein.slice(0, 32))})`
  return failureReply({
    code: 'DAEMON_NEWER',
    message: `${who} answers in a form that this skein (${skeinVersion()}) cannot read: it is of another version`,
    details: { daemon: greeting, ours: skeinVersion() },
    next: [...(greeting === null ? ['skein down'] : [`kill ${greeting.pid}`]), 'skein up']
  })
}

async function* readLines(socket: Socket): AsyncGenerator<string, undefined> {
  let pending = ''
  socket.setEncoding('utf8')
  try {
    for await (const chunk of socket) {
      pending += String(chunk)
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
        yield pending.slice(0, end)
        pending = pending.slice(end + 1)
      }
    }
  } catch {
    // a connection that breaks has no more lines: the caller says so
    return
  }
}

const withTimeout = async <Value>(promise: Promise<Value>, ms: number): Promise<Value | null> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
