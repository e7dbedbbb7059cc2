import type { Command } from '../command.js'
import { flagOption } from '../command.js'

export const up: Command = {
  name: 'up',
  group: 'mesh',
  summary: 'start the daemon of this home and leave it running',
  options: [{ flags: '--foreground', description: 'serve in this process, until Ctrl-C' }],
  examples: [
    { line: 'skein up', does: 'returns within 2 s; the daemon outlives this shell' },
    { line: 'skein up --foreground', does: 'for a service manager or a container' }
  ],
  run: async (terminal, typed) => {
    const { startDaemon, serveHere } = await import('../../control/up.js')
    if (flagOption(typed, 'foreground')) return serveHere(terminal.home, reply => terminal.print<{ readonly text: string }>(reply, ({ text }) => text))
    const reply = await startDaemon(terminal.home)
    return terminal.print<{ readonly text: string }>(reply, ({ text }) => text)
  }
}
