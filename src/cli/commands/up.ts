import { flagOption, listOption, textOption, type Command } from '../command.js'

export const up: Command = {
  name: 'up',
  group: 'mesh',
  summary: 'start the daemon of this home and leave it running',
  options: [
    { flags: '--foreground', description: 'serve in this process, until Ctrl-C' },
    { flags: '--listen <address>', description: 'host:port to listen on from now on' },
    { flags: '--advertise <address>', description: 'an address at which others can dial this host from now on; again for more', many: true }
  ],
  examples: [
    { line: 'skein up', does: 'returns within 2 s; the daemon outlives this shell' },
    { line: 'skein up --foreground', does: 'for a service manager or a container' },
    { line: 'skein up --advertise mac.example.net:4747', does: 'tells the others and every new invitation this address' }
  ],
  run: async (terminal, typed) => {
    const { startDaemon, serveHere } = await import('../../control/up.js')
    const relocation = { listen: textOption(typed, 'listen'), advertise: listOption(typed, 'advertise') }
    if (flagOption(typed, 'foreground')) return serveHere(terminal.home, relocation, reply => terminal.print<{ readonly text: string }>(reply, ({ text }) => text))
    const reply = await startDaemon(terminal.home, relocation)
    return terminal.print<{ readonly text: string }>(reply, ({ text }) => text)
  }
}
