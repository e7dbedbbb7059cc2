/** One maker's agent: how its process looks, and the variables in which it names its conversation to what it starts. */
export interface Vendor {
  readonly tool: string
  /** Base names of its executable or script, without `.js` and its like; case counts: `Claude` is a desktop program. */
  readonly programs: readonly string[]
  /** Parts of a path by which its script is known when it has a common name (`cli.js`, `index.js`). */
  readonly folders: readonly string[]
  /** The nearest name first. Set by the agent for what it starts, inherited by everything below. */
  readonly variables: readonly string[]
  /**
   * For an editor with an agent inside: the variable it sets for what the agent starts. Without it a process below is a person's own
   * terminal; and many conversations share the one process.
   */
  readonly marker?: string
}

/**
 * CLAUDE_CODE_SESSION_ID: given to shells, hooks and MCP servers (an MCP server keeps the one it began with).
 * CODEX_THREAD_ID: given to shells, not to MCP servers; CODEX_SESSION_ID may be the parent's, so it comes second.
 * CURSOR_CONVERSATION_ID: given to shells. CURSOR_TRACE_ID is not here: it is one for a whole editor window.
 * GEMINI_SESSION_ID: given to hooks only. COPILOT_AGENT_SESSION_ID: given to shells and MCP servers.
 */
export const VENDORS: readonly Vendor[] = [
  {
    tool: 'claude',
    programs: ['claude'],
    folders: ['/@anthropic-ai/claude-code/', '/@anthropic-ai/claude-agent-sdk/'],
    variables: ['CLAUDE_CODE_SESSION_ID']
  },
  { tool: 'codex', programs: ['codex'], folders: ['/@openai/codex/'], variables: ['CODEX_THREAD_ID', 'CODEX_SESSION_ID'] },
  { tool: 'cursor', programs: ['cursor-agent'], folders: ['/cursor-agent/versions/'], variables: ['CURSOR_CONVERSATION_ID'] },
  { tool: 'cursor', programs: ['cursor', 'Cursor'], folders: [], variables: ['CURSOR_CONVERSATION_ID'], marker: 'CURSOR_AGENT' },
  { tool: 'gemini', programs: ['gemini'], folders: ['/@google/gemini-cli/'], variables: ['GEMINI_SESSION_ID'] },
  { tool: 'copilot', programs: ['copilot'], folders: ['/@github/copilot/'], variables: ['COPILOT_AGENT_SESSION_ID', 'COPILOT_SESSION_ID'] }
]
