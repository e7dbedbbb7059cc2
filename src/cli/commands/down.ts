import type { Command } from '../command.js'

export const down: Command = {
  name: 'down',
  group: 'mesh',
  summary: 'stop the daemon; claims keep their leases, peers see this host as away',
  examples: [{ line: 'skein down', does: 'leaves no process, socket or lock behind' }],
  run: async terminal => {
    const { stopDaemon } = await import('../../control/up.js')
    const reply = await stopDaemon(terminal.home)
    return terminal.print<{ readonly text: string }>(reply, ({ text }) => text)
  }
}
