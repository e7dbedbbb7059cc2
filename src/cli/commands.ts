import type { Command } from './command.js'
import { ack, nack } from './commands/ack.js'
import { answer, ask } from './commands/ask.js'
import { block, unblock } from './commands/block.js'
import { claim } from './commands/claim.js'
import { claims } from './commands/claims.js'
import { contention } from './commands/contention.js'
import { conversation } from './commands/conversation.js'
import { decide, withdraw } from './commands/decide.js'
import { directive } from './commands/directive.js'
import { doctor } from './commands/doctor.js'
import { down } from './commands/down.js'
import { exportCommand } from './commands/export.js'
import { inbox } from './commands/inbox.js'
import { hand } from './commands/hand.js'
import { init } from './commands/init.js'
import { intent, intents } from './commands/intent.js'
import { invite } from './commands/invite.js'
import { join } from './commands/join.js'
import { leave } from './commands/leave.js'
import { operator } from './commands/operator.js'
import { policy } from './commands/policy.js'
import { revoke } from './commands/revoke.js'
import { log } from './commands/log.js'
import { mutex } from './commands/mutex.js'
import { peers } from './commands/peers.js'
import { pending } from './commands/pending.js'
import { accept, propose, reject } from './commands/propose.js'
import { rotateKey } from './commands/rotate-key.js'
import { recap } from './commands/recap.js'
import { release } from './commands/release.js'
import { renew } from './commands/renew.js'
import { repo } from './commands/repo.js'
import { resolve } from './commands/resolve.js'
import { send } from './commands/send.js'
import { sessions } from './commands/sessions.js'
import { show } from './commands/show.js'
import { status } from './commands/status.js'
import { sync } from './commands/sync.js'
import { take } from './commands/take.js'
import { up } from './commands/up.js'
import { verify } from './commands/verify.js'
import { wait } from './commands/wait.js'
import { who } from './commands/who.js'
import { whoami } from './commands/whoami.js'
import { completionsCommand } from './commands/completions.js'
import { schemaCommand } from './commands/schema.js'

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
  init, invite, join, up, down, leave, revoke, rotateKey, operator, policy, sync, peers, whoami, sessions, repo,
  claim, release, renew, claims, who, take, hand, resolve,
  wait, mutex, contention,
  propose, accept, reject, send, ask, answer, ack, nack, intent, intents, block, unblock, decide, directive, withdraw,
  status, pending, inbox, conversation, recap, log, show, exportCommand, verify, doctor, schemaCommand(() => COMMANDS),
  completionsCommand(() => COMMANDS)
]
