import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'

/** What a session may be called: by `--as`, `SKEIN_SESSION` and skein itself. Every such name can stand in a record. */
export const SESSION_NAME = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.nameChars - 1}}$`)

const tool = z.string().regex(/^[a-z]{1,16}$/)
const printable = (chars: number) => z.string().regex(new RegExp(`^[\\x20-\\x7e]{1,${chars}}$`))

const agentProcess = z.object({
  tool,
  pid: z.int().positive(),
  /** When the process began, in whatever the system counts; with the pid it names one process of one boot. */
  startedAt: printable(64)
})

const conversation = z.object({ tool, id: printable(200), sub: printable(200).exactOptional() })

/**
 * What a client found out about who is asking; sent over the control socket, so it is parsed there by this schema.
 *
 * `token` alone tells actors apart: the same text is the same actor, for as long as this boot lasts where it begins with one of
 * `BOOT_BOUND`. `found` says in a person's words where it comes from. `agents` are the agent processes above the client, nearest first.
 */
export const evidenceSchema = z.object({
  kind: z.enum(['named', 'hook', 'variable', 'agent', 'terminal']),
  tool,
  token: printable(300),
  name: z.string().regex(SESSION_NAME).exactOptional(),
  found: z.string().min(1).max(300),
  /** The client has a controlling terminal. */
  terminal: z.boolean(),
  /** No agent stands above the client, as far as can be seen. */
  person: z.boolean(),
  agents: z.array(agentProcess).max(LIMITS.callerAgents),
  /** The agent's own id of the conversation, believed: it outlives the process when a conversation is resumed. */
  conversation: conversation.exactOptional()
})

export type Evidence = z.infer<typeof evidenceSchema>
export type AgentProcess = z.infer<typeof agentProcess>
export type Conversation = z.infer<typeof conversation>

const BOOT_BOUND = ['agent:', 'tmux:', 'terminal:'] as const

/** True where the token holds a process id, which means another process after a restart of the machine. */
export const isBootBound = (token: string): boolean => BOOT_BOUND.some((prefix) => token.startsWith(prefix))

export const agentToken = (agent: AgentProcess): string => `agent:${agent.tool}:${agent.pid}:${agent.startedAt}`

export const conversationToken = (conversation: Conversation): string => `conversation:${conversation.tool}:${conversation.id}`
