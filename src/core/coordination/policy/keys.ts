/** What can be set of one key. */
export interface PolicyKey {
  /** The values, the one without a policy first; empty where the value names a host or a session. */
  readonly values: readonly string[]
  /** Whether it can be set for a scope, or only for the whole mesh. */
  readonly scoped: boolean
  readonly says: string
}

export const OVERLAP = 'overlap'
export const OVERLAP_SAME_TREE = 'overlap-same-tree'
export const DEADLOCK = 'deadlock'
export const ADVANTAGE = 'advantage'

export const OVERLAP_RULES = ['warn', 'strict', 'deny'] as const
export const DEADLOCK_RULES = ['advise', 'auto'] as const

/** Every key that this version knows. A new one is added here, with whoever asks for it beside it. */
export const POLICY_KEYS: ReadonlyMap<string, PolicyKey> = new Map<string, PolicyKey>([
  [OVERLAP, { values: OVERLAP_RULES, scoped: true, says: 'what becomes of a claim that overlaps a live one of another session: a warning; refused as --strict does; refused, and edits denied where hooks are set up' }],
  [OVERLAP_SAME_TREE, { values: OVERLAP_RULES, scoped: true, says: 'the same, only where both write to the same work tree; the stricter of the two holds' }],
  [DEADLOCK, { values: DEADLOCK_RULES, scoped: false, says: 'whether sessions that wait for each other are advised what to do, or the host of the one that began last releases what the others wait for' }],
  [ADVANTAGE, { values: [], scoped: true, says: 'a host or session whose claims are ordered as if made ten minutes earlier; what its host has seen still goes before' }]
])
