import { readFileSync } from 'node:fs'
import type { ProcessTable } from './processes.js'

interface Stat {
  readonly parent: number
  readonly session: number
  readonly terminal: number
  readonly startTime: string
}

/** Reads `/proc` (or a folder like it), each process once: no child process, a few microseconds a process. */
export const linuxProcesses = (root = '/proc'): ProcessTable => {
  const statByPid = new Map<number, Stat | null>()
  const statOf = (pid: number): Stat | null => {
    const known = statByPid.get(pid)
    if (known !== undefined) return known
    const stat = parseStat(read(`${root}/${pid}/stat`))
    statByPid.set(pid, stat)
    return stat
  }
  return {
    parentOf: (pid) => statOf(pid)?.parent || null,
    startTime: (pid) => statOf(pid)?.startTime ?? null,
    command: (pid) => parseCommand(read(`${root}/${pid}/cmdline`)),
    sessionLeader: (pid) => statOf(pid)?.session || null,
    terminal: (pid) => terminalName(statOf(pid)?.terminal ?? 0)
  }
}

/** The name in parentheses is the program's own choice and may hold spaces and parentheses: the fields begin after the last one. */
const parseStat = (text: string): Stat | null => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent, , session, terminal] = fields
  const startTime = fields[19]
  // ended, and not yet collected by its parent
  if (state === 'Z') return null
  if (parent === undefined || session === undefined || terminal === undefined || startTime === undefined) return null
  return { parent: Number(parent), session: Number(session), terminal: Number(terminal), startTime }
}

/** A program that renames itself leaves one text, with zeros up to its old length. */
const parseCommand = (text: string): string[] => {
  const whole = text.replace(/\0+$/, '')
  return whole === '' ? [] : whole.split('\0')
}

/** The kernel's device number: major in bits 8 to 19, minor in the others. */
const terminalName = (device: number): string | null => {
  if (device === 0) return null
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`
  return `${major}:${minor}`
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
