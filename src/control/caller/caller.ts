import type { Result } from '../../core/result.js'
import type { AgentProcess, Conversation, Evidence } from '../../host/session/evidence.js'
import { gatherEvidence } from './evidence.js'
import { linuxProcesses } from './linux.js'
import type { ProcessTable } from './processes.js'
import { psProcesses, readPs } from './ps.js'

/** The processes of this machine. Linux reads `/proc` as it goes; elsewhere one `ps` is run now. */
export const processTable = (platform: NodeJS.Platform = process.platform): ProcessTable =>
  platform === 'linux' ? linuxProcesses() : psProcesses(platform === 'win32' ? '' : readPs())

/** True while that very process runs, and not another with its pid. For `SessionRegistry`, which looks only when a conversation is resumed. */
export const isAgentRunning = ({ pid, startedAt }: AgentProcess, processes: ProcessTable = processTable()): boolean => processes.startTime(pid) === startedAt

/** The evidence of the process that calls this. Fails as `gatherEvidence` does. */
export const evidenceOfThisProcess = (given: { readonly as?: string; readonly hook?: Conversation } = {}): Result<Evidence> =>
  gatherEvidence({ ...given, env: process.env, pid: process.pid, processes: processTable() })
