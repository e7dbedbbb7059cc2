import type { LeaveData } from '../../control/operations/leave.js'
import { failureReply } from '../../control/envelope.js'
import type { WhoamiData } from '../../control/operations/whoami.js'
import type { Command } from '../command.js'
import { confirmed, YES } from '../confirmation.js'

const LEAVE_MS = 25_000

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const render = ({ host, mesh, released, already, told }: LeaveData): string => {
  const did = already ? `${host} had left mesh ${mesh} before` : `${host} has left mesh ${mesh} for good · ${released === 0 ? 'it held no claim' : `${counted(released, 'claim')} released`}`
  return `${did} · ${told.length === 0 ? `nobody told ${already ? 'now' : 'yet'}` : `told ${told.join(', ')}`}`
}

export const leave: Command = {
  name: 'leave',
  group: 'mesh',
  summary: 'leave the mesh for good: releases what this host holds, retires its key, stops the daemon',
  options: [YES],
  examples: [{ line: 'skein leave', does: 'asks for the host\'s name first; what this host wrote stays readable everywhere' }],
  notes: 'For a pause use skein down: claims keep their leases and the host comes back. A key that has left never comes back.',
  run: async (terminal, typed) => {
    const who = await terminal.call('whoami', {})
    if (!who.envelope.ok) return terminal.print(who, () => '')
    const { host, mesh } = who.envelope.data as WhoamiData
    const agreed = await confirmed(typed, { question: `${host} will leave mesh ${mesh} for good; its key cannot come back.`, word: host, line: 'skein leave' })
    if (!agreed.ok) return terminal.print(failureReply(agreed.failure), () => '')
    const reply = await terminal.call('leave', {}, { timeoutMs: LEAVE_MS })
    const { stopDaemon } = await import('../../control/up.js')
    const stopped = reply.envelope.ok ? await stopDaemon(terminal.home) : null
    if (stopped !== null && !stopped.envelope.ok) return terminal.print(stopped, () => '')
    return terminal.print<LeaveData>(reply, render)
  }
}
