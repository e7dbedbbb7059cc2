import type { Operation } from './operation.js'
import { actSetting, actSubmit } from './operations/acts.js'
import { claim } from './operations/claim.js'
import { claims } from './operations/claims.js'
import { daemon } from './operations/daemon.js'
import { release } from './operations/release.js'
import { renew } from './operations/renew.js'
import { repoAdd, repoLink, repoList, repoRemove } from './operations/repo.js'
import { status } from './operations/status.js'
import { verify } from './operations/verify.js'
import { who } from './operations/who.js'
import { whoami } from './operations/whoami.js'

const ALL: readonly Operation[] = [
  whoami, daemon, status, verify, actSetting, actSubmit,
  claim, release, renew, claims, who, repoAdd, repoList, repoLink, repoRemove
]

/** Every operation by name: what the faces can ask of a host. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(ALL.map(each => [each.name, each]))
