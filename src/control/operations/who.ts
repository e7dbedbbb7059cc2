import { z } from 'zod'
import type { Millis } from '../../core/brand.js'
import type { Claim } from '../../core/coordination/claims/claim.js'
import { ageOf, stateOf } from '../../core/coordination/claims/claim.js'
import { overlapRule } from '../../core/coordination/policy/policy.js'
import { LIMITS } from '../../core/limits.js'
import { checkoutName } from '../../host/repository/checkout-name.js'
import { decreesOf } from '../decrees.js'
import { directiveSchema, directivesOn } from '../directives.js'
import { momentOf } from '../history.js'
import { operation, type OperationContext } from '../operation.js'
import { enrolledAs } from '../place.js'
import { policyRow, policySchema } from '../policies.js'
import { intentsOver, openIntents, openIntentSchema } from '../open-intents.js'
import { pathsHere } from '../scopes.js'
import { touchesBefore, touchIn, touchSchema } from '../touches.js'
import { untoldTwins } from '../twins.js'
import { waitersOf, waiterSchema } from '../waiting/waiters.js'
import { claimData, claimSchema, holderText, type Viewpoint } from '../words.js'

const args = z.object({
  paths: z.array(z.string()).min(1).max(LIMITS.itemsPerCommand),
  at: z.number().optional().describe('wall clock in ms: as it was then')
})

const holder = claimSchema.extend({
  /** `host/session`, as it is addressed. */
  holder: z.string(),
  age_ms: z.number().int(),
  /** Own wall time since its host was heard last, in ms; null when never, 0 for this host. */
  heard_ms: z.number().int().nullable(),
  /** A path that the claim covers too. */
  witness: z.string(),
  /** Whether it leads the live ones that hold this path. */
  lead: z.boolean(),
  /** Sessions that wait for it to end; at most 8. */
  waiting: z.array(waiterSchema),
  /** Root of its work tree, where that is one of this host's and known here. */
  root: z.string().nullable()
})

const pathSchema = z.object({ path: z.string(), scope: z.string(), state: z.enum(['free', 'mine', 'held', 'stale']), holders: z.array(holder), last: touchSchema.nullable().describe('who had it last, beside the holders; looked for on disk too where nobody holds it'), intents: z.array(openIntentSchema).describe('what sessions said within a day that they are about to do there, newest first, at most 3'), intent_count: z.number().int(), policy: policySchema.nullable().describe('the strictest that an operator set for overlapping claims there'), directives: z.array(directiveSchema).describe('of operators, that take the place of claims there') })

const data = z.object({ repository: z.string().nullable(), paths: z.array(pathSchema) })

export type WhoData = z.infer<typeof data>
export type Holder = z.infer<typeof holder>

const HOLDERS_SHOWN = 32
const WAITERS_SHOWN = 8

/** The roots of this host's checkouts of a repository, by the name that they have in claims. */
const rootsOf = ({ host }: OperationContext, repo: string, here: { readonly root: string } | null): ReadonlyMap<string, string> => {
  const known = [...enrolledAs(host, repo).flatMap(({ roots }) => roots), ...(here === null ? [] : [here.root])]
  return new Map(known.map(root => [checkoutName(host.adapters.crypto, host.replica.hostId, root), root]))
}

const stateText = (context: OperationContext, meshNow: Millis, holding: readonly Claim[]): 'free' | 'mine' | 'held' | 'stale' => {
  const { host, session } = context
  const isMine = (claim: Claim): boolean => claim.host === host.replica.hostId && claim.session === session
  const live = holding.filter(claim => stateOf(claim, meshNow) === 'live')
  if (live.some(claim => !isMine(claim))) return 'held'
  if (live.length > 0) return 'mine'
  return holding.length > 0 ? 'stale' : 'free'
}

/** Who holds these paths: this session, another one, nobody any more, or nobody. */
export const who = operation({
  name: 'who',
  args,
  data,
  tells: true,
  run: async (context, { paths, at }) => {
    const { host, session } = context
    const { hostId } = host.replica
    const { view, time: meshNow, warnings } = await momentOf(context, at)
    const found = await pathsHere(context, paths)
    if (!found.ok) return found
    const { repo, items, place } = found.value
    const from: Viewpoint = { host: hostId, session, where: place?.where ?? null }
    const roots = rootsOf(context, repo ?? '', place?.checkout ?? null)
    const { wall } = host.now()
    const { policies } = decreesOf(host)
    const waiters = waitersOf(view, meshNow)
    const intents = openIntents(view, repo, meshNow)
    const answers = items.map(({ typed, item }) => {
      const overlapping = view.claims.overlapping({ repo: repo ?? '', scope: [item], mode: 'exclusive' }, meshNow, { states: ['live', 'stale'] })
      const live = overlapping.filter(({ claim }) => stateOf(claim, meshNow) === 'live')
      const stale = overlapping.filter(({ claim }) => stateOf(claim, meshNow) === 'stale')
      const holding = live.length > 0 ? live : stale
      const holders = holding.slice(0, HOLDERS_SHOWN).map(({ claim, witness }, place): Holder => {
        const stated = claimData(host, claim, meshNow, from)
        return {
          ...stated,
          holder: holderText(host, claim),
          age_ms: Math.round(ageOf(claim, meshNow)),
          heard_ms: stated.heard === null ? null : Math.max(0, Math.round(wall - Date.parse(stated.heard))),
          witness,
          lead: place === 0 && live.length > 0,
          waiting: (waiters.get(claim.id) ?? []).slice(0, WAITERS_SHOWN),
          root: claim.host === hostId ? (roots.get(claim.where?.checkout ?? '') ?? null) : null
        }
      })
      const { policy } = overlapRule(policies, { repo: repo ?? '', item }, true, meshNow)
      return {
        path: typed,
        scope: item,
        state: stateText(context, meshNow, holding.map(({ claim }) => claim)),
        holders,
        last: touchIn(context, { view, now: meshNow }, repo ?? '', item, new Set(holding.map(({ claim }) => claim.id))),
        ...intentsOver(context, intents, item),
        policy: policy === null ? null : policyRow(host, policy),
        directives: directivesOn(context, [{ repo: repo ?? '', item }])
      }
    })
    const before = at === undefined ? await touchesBefore(context, repo ?? '', answers.filter(({ holders }) => holders.length === 0)) : []
    const isFree = answers.every(({ state }) => state === 'free' || state === 'mine')
    return { ok: true, data: { repository: repo, paths: answers }, warnings: [...warnings, ...(repo === null ? [] : untoldTwins(context, repo)), ...before], exit: isFree ? 0 : 1, ...(repo === null ? {} : { repositories: [repo] }) }
  }
})
