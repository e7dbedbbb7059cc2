import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { SESSION_NAME, agentToken, conversationToken, type AgentProcess, type Conversation, type Evidence } from '../../host/session/evidence.js'
import { agentOf, baseName } from './agent.js'
import type { ProcessTable } from './processes.js'
import { VENDORS, type Vendor } from './vendors.js'

export interface Caller {
  /** The value of `--as`. */
  readonly as?: string
  /** What a hook's own input says: the maker, its conversation, the subagent. */
  readonly hook?: Conversation
  readonly env: Readonly<Record<string, string | undefined>>
  /** The client's own process. */
  readonly pid: number
  readonly processes: ProcessTable
}

type Found = Pick<Evidence, 'kind' | 'tool' | 'token' | 'name' | 'found' | 'conversation'>

interface Agent {
  readonly vendor: Vendor
  readonly process: AgentProcess
}

const PRINTABLE = /^[\x20-\x7e]{1,200}$/
const MULTIPLEXERS = /^(tmux|screen|SCREEN|zellij|dtach|abduco)\b/
const MULTIPLEXER_VARIABLES = ['TMUX', 'STY', 'ZELLIJ']

/**
 * Who is asking, in the order that docs/cli.md gives. Fails only with `FIELD_INVALID`, for a name given in `--as` or `SKEIN_SESSION`.
 *
 * A conversation's variable is inherited by whatever is started below it, tmux servers and other agents included. So the nearest agent
 * process is the actor, and a variable is believed only as that process's own conversation. It stands alone only where no agent can be
 * seen and no person's terminal either: behind a sandbox, or when the shell that started the client has ended. To be wrong the other way,
 * and take two actors for one, would hide a warning.
 */
export const gatherEvidence = (caller: Caller): Result<Evidence> => {
  const ancestors = ancestorsOf(caller)
  const agents = agentsAmong(ancestors, caller)
  const found = findCaller(caller, ancestors, agents[0])
  if (!found.ok) return found
  return success({
    ...found.value,
    terminal: caller.processes.terminal(caller.pid) !== null,
    person: agents.length === 0 && found.value.kind !== 'hook' && found.value.kind !== 'variable',
    agents: agents.map(({ process }) => process)
  })
}

const findCaller = (caller: Caller, ancestors: readonly number[], nearest: Agent | undefined): Result<Found> => {
  const tool = nearest?.vendor.tool ?? 'term'
  if (caller.as !== undefined) return named(caller.as, '--as', tool)
  if (caller.hook !== undefined && PRINTABLE.test(caller.hook.id)) return success(fromHook(caller.hook, nearest))
  const session = caller.env['SKEIN_SESSION']
  if (session !== undefined && session !== '') return named(session, 'SKEIN_SESSION', tool)
  if (nearest !== undefined) return success(fromAgent(nearest, caller))
  return success(fromPane(caller, ancestors) ?? fromVariable(caller, ancestors) ?? fromTerminal(caller))
}

const named = (name: string, field: string, tool: string): Result<Found> =>
  SESSION_NAME.test(name)
    ? success({ kind: 'named', tool, token: `named:${name}`, name, found: `from ${field}` })
    : failure('FIELD_INVALID', `${field} takes 1 to ${LIMITS.nameChars} letters, digits, dots, dashes and underscores, beginning with a letter or digit`, { field })

const fromHook = (conversation: Conversation, nearest: Agent | undefined): Found => {
  const isOwn = nearest !== undefined && nearest.vendor.tool === conversation.tool && nearest.vendor.marker === undefined
  const token = isOwn ? agentToken(nearest.process) : conversationToken(conversation)
  return { kind: 'hook', tool: conversation.tool, token, found: `from ${conversation.tool}'s hook`, conversation }
}

const fromAgent = ({ vendor, process }: Agent, caller: Caller): Found => {
  const conversation = conversationIn(vendor, caller)
  if (vendor.marker !== undefined && conversation !== null) return alone(conversation)
  const found: Found = { kind: 'agent', tool: vendor.tool, token: agentToken(process), found: `the ${vendor.tool} process ${process.pid}` }
  return conversation === null ? found : { ...found, conversation }
}

/** A pane counts where its server is above the client, or where nothing at all can be seen; TMUX alone may be inherited. */
const fromPane = (caller: Caller, ancestors: readonly number[]): Found | null => {
  const server = Number(caller.env['TMUX']?.split(',').at(-2))
  const pane = caller.env['TMUX_PANE'] ?? ''
  if (!Number.isSafeInteger(server) || !/^%\d{1,9}$/.test(pane)) return null
  const isBlind = caller.processes.startTime(caller.pid) === null
  if (!isBlind && !ancestors.includes(server)) return null
  return { kind: 'terminal', tool: 'term', token: `tmux:${server}:${caller.processes.startTime(server) ?? 'unseen'}:${pane}`, found: `tmux pane ${pane}` }
}

const fromVariable = (caller: Caller, ancestors: readonly number[]): Found | null => {
  const { env, pid, processes } = caller
  const isMultiplexed =
    MULTIPLEXER_VARIABLES.some((name) => env[name] !== undefined) ||
    ancestors.some((ancestor) => MULTIPLEXERS.test(baseName(processes.command(ancestor)[0] ?? '')))
  if (isMultiplexed || processes.terminal(pid) !== null) return null
  const conversations = new Map<string, Conversation>()
  for (const vendor of VENDORS) {
    const conversation = conversationIn(vendor, caller)
    if (conversation !== null) conversations.set(vendor.tool, conversation)
  }
  const [only] = conversations.values()
  return only !== undefined && conversations.size === 1 ? alone(only) : null
}

const alone = (conversation: Conversation): Found => ({
  kind: 'variable',
  tool: conversation.tool,
  token: conversationToken(conversation),
  found: `from ${conversation.tool}'s own variable`,
  conversation
})

const fromTerminal = ({ pid, processes }: Caller): Found => {
  const leader = processes.sessionLeader(pid)
  if (leader === null) return { kind: 'terminal', tool: 'term', token: 'terminal:unseen', found: 'no terminal and no process that could be seen' }
  const terminal = processes.terminal(pid)
  const found = terminal === null ? `the process session ${leader}` : `terminal ${terminal}`
  return { kind: 'terminal', tool: 'term', token: `terminal:${leader}:${processes.startTime(leader) ?? 'ended'}`, found }
}

const conversationIn = ({ tool, variables }: Vendor, { env }: Caller): Conversation | null => {
  const id = variables.map((name) => env[name] ?? '').find((value) => PRINTABLE.test(value))
  return id === undefined ? null : { tool, id }
}

const agentsAmong = (ancestors: readonly number[], { env, processes }: Caller): Agent[] => {
  const agents: Agent[] = []
  for (const pid of ancestors) {
    const vendor = agentOf(processes.command(pid))
    const startedAt = processes.startTime(pid)
    const counts = vendor !== null && (vendor.marker === undefined || env[vendor.marker] !== undefined)
    if (counts && startedAt !== null && agents.length < LIMITS.callerAgents) agents.push({ vendor, process: { tool: vendor.tool, pid, startedAt } })
  }
  return agents
}

/** Parent first, up to the machine's or container's first process. */
const ancestorsOf = ({ pid, processes }: Caller): number[] => {
  const ancestors: number[] = []
  let parent = processes.parentOf(pid)
  while (parent !== null && parent > 0 && parent !== pid && ancestors.length < LIMITS.callerAncestors && !ancestors.includes(parent)) {
    ancestors.push(parent)
    parent = processes.parentOf(parent)
  }
  return ancestors
}
