import type { Operation } from './operation.js'
import { ack, nack } from './operations/acks.js'
import { actSetting, actSubmit } from './operations/acts.js'
import { claim } from './operations/claim.js'
import { claims } from './operations/claims.js'
import { contention } from './operations/contention.js'
import { conversation } from './operations/conversation.js'
import { daemon } from './operations/daemon.js'
import { directiveFind, directiveSetting } from './operations/directive.js'
import { doctor } from './operations/doctor.js'
import { exported } from './operations/export.js'
import { hand } from './operations/hand.js'
import { inbox, surfaced } from './operations/inbox.js'
import { intent, intents } from './operations/intents.js'
import { invitationFind, invitations } from './operations/invitations.js'
import { leave } from './operations/leave.js'
import { log } from './operations/log.js'
import { operatorEnding, operatorList } from './operations/operators.js'
import { mutex } from './operations/mutex.js'
import { peers, peersAdd, peersRemove } from './operations/peers.js'
import { pending } from './operations/pending.js'
import { policyList, policySetting } from './operations/policy.js'
import { recap } from './operations/recap.js'
import { release } from './operations/release.js'
import { renew } from './operations/renew.js'
import { repoAdd, repoLink, repoList, repoRemove } from './operations/repo.js'
import { resolve } from './operations/resolve.js'
import { revocation } from './operations/revocation.js'
import { sessionsEnd, sessionsNote } from './operations/session-end.js'
import { sessions } from './operations/sessions.js'
import { show } from './operations/show.js'
import { status } from './operations/status.js'
import { sync } from './operations/sync.js'
import { take } from './operations/take.js'
import { accept, answer, ask, block, decide, propose, reject, send, unblock, withdraw } from './operations/talk.js'
import { verify } from './operations/verify.js'
import { wait } from './operations/wait.js'
import { waitInbox } from './operations/wait-inbox.js'
import { who } from './operations/who.js'
import { whoami } from './operations/whoami.js'

const ALL: readonly Operation[] = [
  whoami, sessions, daemon, status, verify, doctor, peers, peersAdd, peersRemove, sync, leave, invitations, invitationFind, actSetting, actSubmit, revocation, operatorList, operatorEnding, policyList, policySetting, directiveFind, directiveSetting,
  sessionsNote, sessionsEnd,
  claim, release, renew, claims, who, take, hand, resolve,
  wait, waitInbox, mutex, contention,
  repoAdd, repoList, repoLink, repoRemove,
  propose, accept, reject, send, ask, answer, ack, nack, intent, intents, block, unblock, decide, withdraw,
  pending, inbox, surfaced, conversation, recap, log, show, exported
]

/** Every operation by name: what the faces can ask of a host. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(ALL.map(each => [each.name, each]))
