import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { ageText } from '../../control/age.js'
import type { HeldCall } from '../../control/client.js'
import { failureReply } from '../../control/envelope.js'
import type { MutexData, MutexSaid } from '../../control/operations/mutex.js'
import { visible } from '../../control/visible.js'
import { listArgument, textArgument, textOption, type Command, type Terminal } from '../command.js'
import { parseDuration } from '../duration.js'

/** skein failed, and the command never began. */
const NOT_BEGUN = 125
const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']
/** A terminal sends these to the whole foreground group, the child included. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT'])
/** The daemon answers to `done` within milliseconds; nobody waits longer for one that hangs. */
const ANSWER_MS = 2_000

interface Ended {
  readonly code: number
  readonly signal: NodeJS.Signals | null
  /** Why it never began. */
  readonly cause: string | null
}

/** Runs the command on this terminal, its streams untouched, and passes signals on. It inherits the connection to the daemon, and so the mutex, should this process be killed. */
const runChild = (command: readonly string[], { socket, send }: HeldCall): Promise<Ended> => {
  const [program = '', ...rest] = command
  return new Promise(resolve => {
    let child: ChildProcess | null = null
    const hasTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true
    const forward = (signal: NodeJS.Signals): void => {
      if (!(hasTerminal && FROM_TERMINAL.has(signal))) child?.kill(signal)
    }
    const end = (ended: Ended): void => {
      for (const signal of FORWARDED) process.off(signal, forward)
      send('done')
      resolve(ended)
    }
    for (const signal of FORWARDED) process.on(signal, forward)
    child = spawn(program, rest, { stdio: ['inherit', 'inherit', 'inherit', socket] })
    child.once('spawn', () => send(`child ${child?.pid ?? 0}`))
    child.once('error', error => end({ code: NOT_BEGUN, signal: null, cause: 'code' in error ? String(error.code) : error.message }))
    child.once('exit', (code, signal) => end({ code: signal === null ? (code ?? 0) : 128 + constants.signals[signal], signal, cause: null }))
  })
}

/** The program and a plain first word: enough to know it by, and no option's value, which may be a secret. */
const shownCommand = ([program = '', first = '']: readonly string[]): string => {
  const name = program.slice(program.lastIndexOf('/') + 1)
  return `${name}${/^[A-Za-z][\w:./-]{0,40}$/.test(first) ? ` ${first}` : ''}`.slice(0, 80)
}

const tellQueue = ({ note }: Terminal, name: string, { holder, command, held_ms: heldMs, ahead }: Extract<MutexSaid, { state: 'queued' }>): void =>
  note(`skein: mutex ${name} is held by ${visible(holder)} for ${ageText(heldMs)} (${visible(command)})${ahead > 1 ? `, ${ahead - 1} more before this one` : ''}; waiting`)

export const mutex: Command = {
  name: 'mutex',
  group: 'claims',
  summary: 'run a command under a name that only one session of this host has at a time',
  arguments: [
    { name: '<name>', description: 'of the mutex, in this repository: test, migrations …' },
    { name: '<command...>', description: 'behind --, with its arguments' }
  ],
  options: [{ flags: '--timeout <duration>', description: 'give up when it is not free after so long, exit 125' }],
  examples: [
    { line: 'skein mutex test -- npm test', does: 'waits until no other session of this host runs tests here, then runs them; its exit code is that of npm' },
    { line: 'skein mutex migrations --timeout 10m -- ./migrate up', does: 'exit 125 where it was not free within 10 min; nothing has run then' }
  ],
  notes: "Among the sessions of this host this is certain; whoever runs the same on another host is told and not waited for. The command's streams are its own. Killed with -9 it keeps the mutex for as long as the command runs that it began. Exit 125: skein failed before the command began; 128+n: a signal ended it.",
  run: async (terminal, typed) => {
    const name = textArgument(typed, 0) ?? ''
    const command = listArgument(typed, 1)
    const given = textOption(typed, 'timeout')
    const timeoutMs = given === undefined ? undefined : parseDuration(given)
    if (timeoutMs === null) {
      terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--timeout takes a duration such as 90s, 10m or 2h', field: '--timeout' }), () => '')
      return NOT_BEGUN
    }
    const child: { running: Promise<Ended> | null } = { running: null }
    let begins: (value: null) => void = () => undefined
    const begun = new Promise<null>(resolve => {
      begins = resolve
    })
    const begin = (said: unknown, held: HeldCall): void => {
      const heard = said as MutexSaid
      if (heard.state === 'queued') return tellQueue(terminal, name, heard)
      for (const text of heard.elsewhere) terminal.note(terminal.style.warn(`skein: on another host ${text}; it is not waited for`))
      child.running ??= runChild(command, held)
      begins(null)
    }
    const asked = terminal.call('mutex', { name, command: shownCommand(command), pid: process.pid, ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }) }, { interim: begin })
    // the daemon may end before the command does: that goes on, and the next daemon keeps the mutex for it
    const first = await Promise.race([asked, begun])
    if (child.running === null) {
      if (first !== null) terminal.print(first, () => '')
      return NOT_BEGUN
    }
    const ended = await child.running
    const reply = await Promise.race([asked, soon()])
    if (ended.cause !== null) terminal.print(failureReply({ code: 'USAGE', message: `${visible(command[0] ?? '')} cannot be run: ${ended.cause}`, field: 'command' }), () => '')
    else if (terminal.json && reply?.envelope.ok === true) terminal.print({ ...reply, envelope: { ...reply.envelope, data: { ...(reply.envelope.data as MutexData), exit: ended.code, signal: ended.signal } } }, () => '')
    return ended.code
  }
}

const soon = (): Promise<null> =>
  new Promise(resolve => {
    setTimeout(() => resolve(null), ANSWER_MS).unref()
  })
