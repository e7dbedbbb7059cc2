import type { ReplicaEvent } from '../core/replica/effect.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { DiskWatch } from '../host/disk-watch.js'
import { Host, type HostAdapters } from '../host/host.js'
import { isAlive, readHolder } from '../host/holder.js'
import { homePaths } from '../host/home.js'
import { isReplaced } from '../host/rotation.js'
import { systemAdapters } from './assembly.js'
import { daemonLog, type Log } from './daemon-log.js'
import { doubtText } from './doubt.js'
import { FENCED_EXIT } from './fence.js'
import { adoptHolders } from './mutex/former-holders.js'
import { rotationText } from './rotation.js'
import { ControlServer } from './server.js'
import { SessionWatch } from './succession/session-watch.js'
import { resumeAttendance } from './waiting/attendance.js'
import { giveWayByPolicy } from './waiting/giving-way.js'

export interface RunningDaemon {
  readonly pid: number
  readonly listening: string
  readonly host: Host
  /** Resolves with the exit code when it has stopped, with everything on disk and nothing left behind; not 0 where the store had failed. */
  readonly ended: Promise<number>
  stop(): void
}

/** Serves one home: opens its store, listens for peers and for commands, keeps its links. Ends at SIGTERM, SIGINT or `skein down`. */
export const runDaemon = async (home: string, adapters: HostAdapters = systemAdapters()): Promise<Result<RunningDaemon>> => {
  // a command gives the store back in a moment; another daemon does not
  const holder = readHolder(homePaths(home).holder)
  const lockMs = holder?.what === 'daemon' && isAlive(holder.pid) ? LIMITS.controlConnectMs : LIMITS.storeLockMs
  const opened = await Host.open(home, adapters, { what: 'daemon', daemon: true, lockMs })
  if (!opened.ok) return nameTheOther(home, opened)
  const host = opened.value
  if (host.replica.hasLeft) {
    await host.stop()
    const why = isReplaced(host.replica) ? 'another key has taken the place of this home\'s, which is an older copy or has lost its new key file' : `this host has left the mesh ${host.settings.meshName} for good`
    return failure('HOST_LEFT', `${why}; what it holds can still be read`, { next: ['skein sync', 'skein --home ANOTHER-FOLDER join TOKEN'] })
  }
  const log = daemonLog(host.paths.log)
  host.runtime.on(event => logEvent(log, host, event))
  if (host.replica.doubt?.epoch === null) log.warn({ cause: host.replica.doubt.cause }, doubtText(host.replica.doubt))
  const rotation = rotationText(host)
  if (rotation !== null) log.warn({}, rotation)
  const network = await host.connect({ listen: true })
  if (!network.ok) {
    await host.stop()
    return network
  }
  let end: () => void = () => undefined
  const asked = new Promise<void>(resolve => {
    end = resolve
  })
  // before anybody can ask for one
  adoptHolders(host)
  const server = new ControlServer(host, () => end())
  const serving = await server.listen()
  if (!serving.ok) {
    await host.stop()
    return serving
  }
  const listening = network.value.listening
  const where = listening === null ? '' : `${listening.host}:${listening.port}`
  log.info({ pid: process.pid, listening: where }, 'up')
  host.seekPeers()
  if (listening !== null) void host.publishProfile(host.advertised())
  host.refreshTargets()
  resumeAttendance(host)
  giveWayByPolicy(host)
  process.on('uncaughtException', error => {
    log.fatal({ stack: error.stack }, 'a defect of skein ends this daemon')
    process.stderr.write(`${error.stack ?? error.message}\n`)
    process.exit(70)
  })
  const disk = DiskWatch.begin(host.runtime, adapters.clock)
  const sessions = SessionWatch.begin(host)
  const ended = asked.then(async () => {
    disk.stop()
    await sessions.stop()
    await server.close()
    await host.stop()
    const fence = host.replica.fenced
    if (fence === null) log.info('down')
    else log.error(fence, 'down, and the store had failed')
    return fence === null ? 0 : FENCED_EXIT
  })
  return success({ pid: process.pid, listening: where, host, ended, stop: () => end() })
}

const nameTheOther = (home: string, opened: { readonly ok: false; readonly failure: { readonly code: string } } & Result<Host>): Result<RunningDaemon> => {
  const holder = readHolder(homePaths(home).holder)
  if (opened.failure.code !== 'STORE_LOCKED' || holder === null) return opened
  return failure('STORE_LOCKED', `already up, pid ${holder.pid}`, { details: { pid: holder.pid }, next: ['skein status'] })
}

const logEvent = (log: Log, host: Host, event: ReplicaEvent): void => {
  if (event.type === 'viewChanged' || event.type === 'levelled' || event.type === 'answered' || event.type === 'caughtUp') return
  const peer = 'key' in event && event.key !== null ? { peer: host.nameOf(event.key) } : {}
  const counted = event.type === 'compacted' ? { dropped: event.dropped.size } : {}
  const serious = event.type === 'fenced' || event.type === 'doubted' || event.type === 'forked' || event.type === 'historyRetired' || event.type === 'refused'
  log[serious ? 'warn' : 'info']({ ...event, ...peer, ...counted }, event.type)
}
