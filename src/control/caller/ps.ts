import { execFileSync } from 'node:child_process'
import { LIMITS } from '../../core/limits.js'
import type { ProcessTable } from './processes.js'

interface Row {
  readonly parent: number
  readonly terminal: string | null
  readonly startTime: string
  readonly command: string
}

const LINE = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s*(.*)$/
/** `ps` prints arguments with spaces between them; a program inside a macOS bundle has spaces in its own path. */
const BUNDLED = /^\/(?:(?! [/-]).)*?\.app\/Contents\/MacOS\/[^ ]+/

/** The text of `readPs`. Sessions are not in it: the leader is taken to be the topmost process of the same terminal. */
export const psProcesses = (text: string): ProcessTable => {
  const rowByPid = new Map<number, Row>()
  for (const line of text.split('\n')) {
    const [, pid, parent, terminal = '', started = '', command = ''] = LINE.exec(line) ?? []
    if (pid === undefined) continue
    rowByPid.set(Number(pid), { parent: Number(parent), terminal: /^[?-]/.test(terminal) ? null : terminal, startTime: seconds(started), command })
  }
  const parentOf = (pid: number): number | null => rowByPid.get(pid)?.parent || null
  const sessionLeader = (pid: number): number | null => {
    const terminal = rowByPid.get(pid)?.terminal
    if (terminal === undefined) return null
    let leader = pid
    for (let step = 0; step < LIMITS.callerAncestors; step++) {
      const parent = parentOf(leader)
      if (parent === null || parent === 1 || rowByPid.get(parent)?.terminal !== terminal) break
      leader = parent
    }
    return leader
  }
  return {
    parentOf,
    sessionLeader,
    startTime: (pid) => rowByPid.get(pid)?.startTime ?? null,
    command: (pid) => splitCommand(rowByPid.get(pid)?.command ?? ''),
    terminal: (pid) => rowByPid.get(pid)?.terminal ?? null
  }
}

/** One call, in English and UTC whatever the caller's shell is set to, so that a start time is the same text for each caller. */
export const readPs = (): string => {
  try {
    return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,tty=,lstart=,command='], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
      timeout: LIMITS.callerPsMs,
      maxBuffer: LIMITS.callerPsBytes,
      stdio: ['ignore', 'pipe', 'ignore']
    })
  } catch {
    return ''
  }
}

const seconds = (started: string): string => {
  const millis = Date.parse(`${started} UTC`)
  return Number.isNaN(millis) ? started.replaceAll(/\s+/g, '_') : String(millis / 1000)
}

const splitCommand = (command: string): string[] => {
  const bundled = BUNDLED.exec(command)?.[0]
  const words = command.slice(bundled?.length ?? 0).split(/\s+/).filter((word) => word !== '')
  return bundled === undefined ? words : [bundled, ...words]
}
