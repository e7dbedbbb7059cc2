import type { Operation } from './operation.js'
import { actSetting, actSubmit } from './operations/acts.js'
import { daemon } from './operations/daemon.js'
import { status } from './operations/status.js'
import { verify } from './operations/verify.js'
import { whoami } from './operations/whoami.js'

/** Every operation by name: what the faces can ask of a host. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([whoami, daemon, status, verify, actSetting, actSubmit].map(each => [each.name, each]))
