import { listOption, textOption, type Command } from '../command.js'
import { failureReply } from '../../control/envelope.js'
import { PASSPHRASE_FILE, passphraseFor } from '../passphrase.js'

interface InitData {
  readonly mesh: string
  readonly mesh_id: string
  readonly host: string
  readonly listening: string
  readonly reachable: readonly string[]
  readonly recovery: string
}

export const init: Command = {
  name: 'init',
  group: 'mesh',
  summary: 'make a home on this host and found a mesh in it',
  options: [
    { flags: '--mesh <name>', description: 'name of the mesh (work)' },
    { flags: '--name <name>', description: 'name of this host (the machine\'s)' },
    { flags: '--listen <address>', description: 'host:port to listen on; chosen once and kept (0.0.0.0:4747, or a free port)' },
    { flags: '--advertise <address>', description: 'an address at which others can dial this host; again for more', many: true },
    { flags: '--no-passphrase', description: 'leave the operator key without a passphrase' },
    PASSPHRASE_FILE
  ],
  examples: [
    { line: 'skein init --name mac', does: 'asks for an operator passphrase (12+ characters), then founds the mesh "work"' },
    { line: 'skein init --name ci --no-passphrase --listen 127.0.0.1:0', does: 'for tests: no passphrase, this machine only, a free port' }
  ],
  run: async (terminal, typed) => {
    const bare = typed.options.get('passphrase') === false
    const passphrase = bare ? null : await passphraseFor(typed, 'operator passphrase (12+ characters): ', 'skein init')
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const { found } = await import('../../control/founding.js')
    const reply = await found({
      home: terminal.home,
      mesh: textOption(typed, 'mesh'),
      name: textOption(typed, 'name'),
      listen: textOption(typed, 'listen'),
      advertise: listOption(typed, 'advertise'),
      passphrase: passphrase === null ? null : passphrase.value
    })
    const port = (listening: string): string => listening.split(':').at(-1) ?? listening
    const places = (urls: readonly string[]): string => urls.map(url => url.replace(/^wss?:\/\//, '').replace(/:4747$/, '')).join(', ')
    return terminal.print<InitData>(reply, data => `mesh ${data.mesh} (${data.mesh_id.slice(0, 4)}) · host ${data.host} · listening on port ${port(data.listening)}, reachable as ${places(data.reachable)}\nrecovery code ${data.recovery}\n        shown this once: keep it off this machine; it brings the mesh an operator when the last operator key is lost`)
  }
}
