import type { Command } from '../command.js'
import { alignRows } from '../table.js'
import type { WhoamiData } from '../../control/operations/whoami.js'

export const whoami: Command = {
  name: 'whoami',
  group: 'here',
  summary: 'print host, session and how it was found, repository, checkout and mesh',
  examples: [{ line: 'skein whoami', does: 'who this terminal or agent is to the others' }],
  run: async terminal => {
    const reply = await terminal.call('whoami', {})
    return terminal.print<WhoamiData>(reply, ({ host, host_id, session, found, mesh, home, repository, checkout }) =>
      alignRows([
        ['host', `${host} (${host_id})`],
        ['session', `${session}, ${found}`],
        ['mesh', mesh],
        ['home', home],
        ['repository', repository === null ? 'none here' : `${repository.key} (from ${repository.from})${repository.enrolled ? '' : ', not enrolled'}`],
        ['checkout', checkout === null ? 'none here' : `${checkout.root}${checkout.branch === null ? '' : ` on ${checkout.branch.replace('refs/heads/', '')}`}`]
      ])
    )
  }
}
