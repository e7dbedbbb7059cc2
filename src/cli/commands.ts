import type { Command } from './command.js'
import { claim } from './commands/claim.js'
import { claims } from './commands/claims.js'
import { down } from './commands/down.js'
import { init } from './commands/init.js'
import { invite } from './commands/invite.js'
import { join } from './commands/join.js'
import { release } from './commands/release.js'
import { renew } from './commands/renew.js'
import { repo } from './commands/repo.js'
import { status } from './commands/status.js'
import { up } from './commands/up.js'
import { verify } from './commands/verify.js'
import { who } from './commands/who.js'
import { whoami } from './commands/whoami.js'

/** Groups of commands, in the order in which help shows them. */
export const GROUPS: ReadonlyMap<Command['group'], string> = new Map([
  ['mesh', 'Mesh'],
  ['here', 'Here'],
  ['claims', 'Claims'],
  ['records', 'Records'],
  ['queries', 'Queries'],
  ['faces', 'Faces']
])

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly Command[] = [
  init, invite, join, up, down, whoami, repo,
  claim, release, renew, claims, who,
  status, verify
]
