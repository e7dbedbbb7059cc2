import { spawn } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import type { Evidence } from '../host/session/evidence.js'
import { homePaths, notWritten, readHome, writeSettings } from '../host/home.js'
import { isAlive, readHolder } from '../host/holder.js'
import { makeStore } from './adapters.js'
import { callDaemon } from './client.js'
import type { DaemonData } from './operations/daemon.js'
import { SCHEMA_VERSION, failureReply, type Reply } from './envelope.js'

/** How long a starting daemon may take until it answers. */
const START_MS = LIMITS.controlConnectMs
const POLL_MS = 20

/** The host itself: what starts and stops a daemon is no session that anybody could speak to. */
const NOBODY: Evidence = { kind: 'named', tool: 'term', token: 'named:host', name: 'host', found: 'the host itself', terminal: false, person: false, agents: [] }

const done = (data: Readonly<Record<string, unknown>>): Reply => ({ envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings: [], freshness: {}, next: [] }, exit: 0 })

/** Asks the daemon for itself, not for any session; null where none runs. */
export const askDaemon = (home: string, op: string): Promise<Reply | null> => callDaemon({ op, args: {}, caller: NOBODY, cwd: '/' }, { home, timeoutMs: LIMITS.controlConnectMs })

const alreadyUp = (reply: Reply, started: boolean): Reply => {
  if (!reply.envelope.ok) return reply
  const { pid, listening, doubt } = reply.envelope.data as Pick<DaemonData, 'pid' | 'listening' | 'doubt'>
  const text = started ? `up, pid ${pid}, listening on ${listening ?? 'nothing'}` : `already up, pid ${pid}`
  const reached = done({ pid, listening, started, text })
  return doubt === null || !reached.envelope.ok ? reached : { ...reached, envelope: { ...reached.envelope, warnings: [{ code: 'STORE_DOUBTED', text: doubt, details: {} }] } }
}

/** Another place to listen, or other addresses to tell: kept from now on. */
export interface Relocation {
  readonly listen?: string | undefined
  readonly advertise?: readonly string[]
}

/** Writes the home's new place into its settings; a running daemon would go on at its old one. */
const relocate = async (home: string, { listen, advertise = [] }: Relocation): Promise<Result<true>> => {
  if (listen === undefined && advertise.length === 0) return success(true)
  const read = readHome(home)
  if (!read.ok) return read
  const running = await askDaemon(home, 'daemon')
  if (running !== null) return failure('USAGE', 'the daemon is up and keeps its place until it ends', { field: listen === undefined ? '--advertise' : '--listen', next: ['skein down'] })
  const { advertiseAddresses, listenAddress } = await import('./founding.js')
  const { paths, settings } = read.value
  const place = listen === undefined ? success(settings.listen) : await listenAddress(listen)
  if (!place.ok) return place
  const told = advertiseAddresses(advertise)
  if (!told.ok) return told
  return writeSettings(paths, { ...settings, listen: place.value, advertise: advertise.length === 0 ? settings.advertise : told.value })
}

/** Where a starting daemon says why it could not; `DISK_FULL`, `HOME_UNWRITABLE`. */
const openStartLog = (folder: string, path: string): Result<number> => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return success(openSync(path, 'w', 0o600))
  } catch (error) {
    return notWritten(path, error)
  }
}

/**
 * Starts the daemon of a home for good: a process session of its own, standard streams to a log, working directory `/`. Returns once it
 * answers, or says why it does not.
 */
export const startDaemon = async (home: string, relocation: Relocation = {}): Promise<Reply> => {
  const read = readHome(home)
  if (!read.ok) return failureReply(read.failure)
  const placed = await relocate(home, relocation)
  if (!placed.ok) return failureReply(placed.failure)
  const running = await askDaemon(home, 'daemon')
  if (running !== null) return alreadyUp(running, false)
  const log = join(home, 'log', 'start.log')
  const opened = openStartLog(join(home, 'log'), log)
  if (!opened.ok) return failureReply(opened.failure)
  const output = opened.value
  const script = process.argv[1]
  if (script === undefined) throw new Error('started without a script')
  const child = spawn(process.execPath, [script, 'up', '--foreground', '--json', '--home', home], { cwd: '/', detached: true, stdio: ['ignore', output, output], env: daemonEnvironment() })
  closeSync(output)
  let ended: number | null = null
  child.once('exit', code => {
    ended = code ?? 70
  })
  child.unref()
  for (const until = performance.now() + START_MS; performance.now() < until; ) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
    const answer = await askDaemon(home, 'daemon')
    if (answer !== null) return alreadyUp(answer, answer.envelope.ok && (answer.envelope.data as { readonly pid: number }).pid === child.pid)
    if (ended !== null) return startFailure(home, log)
  }
  const holder = readHolder(homePaths(home).holder)
  return stillStarting(holder?.what === 'daemon' && isAlive(holder.pid) ? holder.pid : (child.pid ?? 0), log)
}

/** On a busy machine a daemon may take longer than a shell should wait: it is alive and will answer, and commands work meanwhile. */
const stillStarting = (pid: number, log: string): Reply => {
  const reply = done({ pid, listening: null, started: true, text: `starting, pid ${pid}` })
  const warning = { code: 'DAEMON_STARTING', text: `the daemon (pid ${pid}) does not answer yet; skein status tells when it does, ${log} what went wrong if it does not`, details: { pid } }
  return reply.envelope.ok ? { ...reply, envelope: { ...reply.envelope, warnings: [warning] } } : reply
}

/** What an agent's variables would make of a daemon that many sessions use is nobody's business. */
const daemonEnvironment = (): NodeJS.ProcessEnv => {
  const { SKEIN_SESSION: _session, ...rest } = process.env
  return rest
}

const startFailure = async (home: string, log: string): Promise<Reply> => {
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  if (lines.join('') === '') return wordlessFailure(home, log)
  try {
    const envelope: Reply['envelope'] = JSON.parse(lines.at(-1) ?? '')
    if (!envelope.ok) return failureReply({ code: envelope.error.code, message: envelope.error.message, details: envelope.error.details, next: envelope.next, ...(envelope.error.field === null ? {} : { field: envelope.error.field }) })
  } catch {
    return failureReply({ code: 'NO_DAEMON', message: `the daemon ended at once: ${lines.at(-1) ?? ''}`, details: { log }, next: [`read ${log}`] })
  }
  return failureReply({ code: 'NO_DAEMON', message: 'the daemon ended at once', details: { log }, next: [`read ${log}`] })
}

/** As a shell counts a program that was ended by Ctrl-C. */
const ASKED_TWICE_EXIT = 130

/** It could not even write down why (the disk is full): what keeps the store from being opened keeps it from being opened here too. */
const wordlessFailure = async (home: string, log: string): Promise<Reply> => {
  const opened = await makeStore(homePaths(home).store, { create: false })
  if (!opened.ok) return failureReply(opened.failure)
  await opened.value.close()
  return failureReply({ code: 'NO_DAEMON', message: 'the daemon ended at once and said nothing', details: { log }, next: ['skein up --foreground'] })
}

/** Serves the home in this process, until it is asked to end. Gives the exit code. */
export const serveHere = async (home: string, relocation: Relocation, said: (reply: Reply) => number): Promise<number> => {
  const placed = await relocate(home, relocation)
  if (!placed.ok) return said(failureReply(placed.failure))
  const { runDaemon } = await import('./daemon.js')
  const daemon = await runDaemon(home)
  if (!daemon.ok) return said(failureReply(daemon.failure))
  const { pid, listening, ended, stop } = daemon.value
  process.on('SIGHUP', () => undefined)
  let asked = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // whoever asks twice does not want to wait: what was answered is on disk, as after a kill
      if (asked) process.exit(ASKED_TWICE_EXIT)
      asked = true
      stop()
    })
  }
  said(done({ pid, listening, started: true, text: `up, pid ${pid}, listening on ${listening}` }))
  return ended
}

/** A daemon that has the store and does not answer yet is waited for. Null: there is none, whatever the note of the last one says. */
const stopStarting = async (home: string): Promise<Reply | null> => {
  const { holder: note, store } = homePaths(home)
  const holder = readHolder(note)
  if (holder?.what !== 'daemon') return null
  for (const until = performance.now() + START_MS; performance.now() < until && isAlive(holder.pid); ) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
    const reply = await askDaemon(home, 'shutdown')
    if (reply !== null) return reply
    // the lock tells a daemon from another process that has its number by now
    const opened = await makeStore(store, { create: false })
    if (opened.ok) await opened.value.close()
    if (opened.ok || opened.failure.code !== 'STORE_LOCKED') return null
  }
  return isAlive(holder.pid) ? failureReply({ code: 'DAEMON_HUNG', message: `the daemon (pid ${holder.pid}) has the store and does not answer`, details: { pid: holder.pid, since: holder.since }, next: [`kill ${holder.pid}`] }) : null
}

/** Stops the daemon and waits until it is gone: no process, socket or lock. */
export const stopDaemon = async (home: string): Promise<Reply> => {
  const read = readHome(home)
  if (!read.ok) return failureReply(read.failure)
  const reply = (await askDaemon(home, 'shutdown')) ?? (await stopStarting(home))
  if (reply === null) return done({ pid: null, text: 'not up' })
  if (!reply.envelope.ok) return reply
  const { pid } = reply.envelope.data as { readonly pid: number }
  if (!(await hasEnded(pid))) return failureReply({ code: 'DAEMON_HUNG', message: `the daemon (pid ${pid}) does not end`, details: { pid }, next: [`kill ${pid}`] })
  const ended = done({ pid, text: `down, pid ${pid} has ended; claims keep their leases` })
  return ended.envelope.ok ? { ...ended, envelope: { ...ended.envelope, warnings: reply.envelope.warnings } } : ended
}

const hasEnded = async (pid: number): Promise<boolean> => {
  for (const until = performance.now() + 5 * LIMITS.controlConnectMs; isAlive(pid); ) {
    if (performance.now() > until) return false
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  return true
}
