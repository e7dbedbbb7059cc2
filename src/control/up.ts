import { spawn } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LIMITS } from '../core/limits.js'
import type { Evidence } from '../host/session/evidence.js'
import { homePaths, readHome } from '../host/home.js'
import { isAlive, readHolder } from '../host/holder.js'
import { callDaemon } from './client.js'
import { SCHEMA_VERSION, failureReply, type Reply } from './envelope.js'

/** How long a starting daemon may take until it answers. */
const START_MS = LIMITS.controlConnectMs
const POLL_MS = 20

/** The host itself: what starts and stops a daemon is no session that anybody could speak to. */
const NOBODY: Evidence = { kind: 'named', tool: 'term', token: 'named:host', name: 'host', found: 'the host itself', terminal: false, person: false, agents: [] }

const success = (data: Readonly<Record<string, unknown>>): Reply => ({ envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings: [], freshness: {}, next: [] }, exit: 0 })

const askDaemon = (home: string, op: string): Promise<Reply | null> => callDaemon({ op, args: {}, caller: NOBODY, cwd: '/' }, { home, timeoutMs: LIMITS.controlConnectMs })

const alreadyUp = (reply: Reply, started: boolean): Reply => {
  if (!reply.envelope.ok) return reply
  const { pid, listening } = reply.envelope.data as { readonly pid: number; readonly listening: string | null }
  const text = started ? `up, pid ${pid}, listening on ${listening ?? 'nothing'}` : `already up, pid ${pid}`
  return success({ pid, listening, started, text })
}

/**
 * Starts the daemon of a home for good: a process session of its own, standard streams to a log, working directory `/`. Returns once it
 * answers, or says why it does not.
 */
export const startDaemon = async (home: string): Promise<Reply> => {
  const read = readHome(home)
  if (!read.ok) return failureReply(read.failure)
  const running = await askDaemon(home, 'daemon')
  if (running !== null) return alreadyUp(running, false)
  const log = join(home, 'log', 'start.log')
  mkdirSync(join(home, 'log'), { recursive: true, mode: 0o700 })
  const output = openSync(log, 'w', 0o600)
  const script = process.argv[1]
  if (script === undefined) throw new Error('started without a script')
  const child = spawn(process.execPath, [script, 'up', '--foreground', '--home', home], { cwd: '/', detached: true, stdio: ['ignore', output, output], env: daemonEnvironment() })
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
    if (ended !== null) return startFailure(log)
  }
  return failureReply({ code: 'DAEMON_HUNG', message: `the daemon (pid ${child.pid ?? '?'}) has started but does not answer yet; its log is ${log}`, details: { pid: child.pid ?? null }, next: ['skein status'] })
}

/** What an agent's variables would make of a daemon that many sessions use is nobody's business. */
const daemonEnvironment = (): NodeJS.ProcessEnv => {
  const { SKEIN_SESSION: _session, ...rest } = process.env
  return rest
}

const startFailure = (log: string): Reply => {
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  try {
    const envelope: Reply['envelope'] = JSON.parse(lines.at(-1) ?? '')
    if (!envelope.ok) return failureReply({ code: envelope.error.code, message: envelope.error.message, details: envelope.error.details, next: envelope.next, ...(envelope.error.field === null ? {} : { field: envelope.error.field }) })
  } catch {
    return failureReply({ code: 'NO_DAEMON', message: `the daemon ended at once: ${lines.at(-1) ?? ''}`, details: { log }, next: [`read ${log}`] })
  }
  return failureReply({ code: 'NO_DAEMON', message: 'the daemon ended at once', details: { log }, next: [`read ${log}`] })
}

/** Serves the home in this process, until it is asked to end. Gives the exit code. */
export const serveHere = async (home: string, said: (reply: Reply) => number): Promise<number> => {
  const { runDaemon } = await import('./daemon.js')
  const daemon = await runDaemon(home)
  if (!daemon.ok) {
    process.stdout.write(`${JSON.stringify(failureReply(daemon.failure).envelope)}\n`)
    return said(failureReply(daemon.failure))
  }
  const { pid, listening, ended, stop } = daemon.value
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => (signal === 'SIGHUP' ? undefined : stop()))
  said(success({ pid, listening, started: true, text: `up, pid ${pid}, listening on ${listening}` }))
  // links and sockets keep the process alive only while they are open
  const alive = setInterval(() => undefined, 2 ** 30)
  await ended
  clearInterval(alive)
  return 0
}

/** Stops the daemon and waits until it is gone: no process, socket or lock. */
export const stopDaemon = async (home: string): Promise<Reply> => {
  const read = readHome(home)
  if (!read.ok) return failureReply(read.failure)
  const holder = readHolder(homePaths(home).holder)
  const reply = await askDaemon(home, 'shutdown')
  if (reply === null) return success({ pid: null, text: 'not up' })
  if (!reply.envelope.ok) return reply
  const pid = holder?.pid ?? null
  if (pid !== null && !(await hasEnded(pid))) return failureReply({ code: 'DAEMON_HUNG', message: `the daemon (pid ${pid}) does not end`, details: { pid }, next: [`kill ${pid}`] })
  return success({ pid, text: `down, pid ${pid ?? '?'} has ended; claims keep their leases` })
}

const hasEnded = async (pid: number): Promise<boolean> => {
  for (const until = performance.now() + 5 * LIMITS.controlConnectMs; isAlive(pid); ) {
    if (performance.now() > until) return false
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  return true
}
