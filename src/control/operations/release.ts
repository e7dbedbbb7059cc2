import { z } from 'zod'
import type { Claim } from '../../core/coordination/claims/claim.js'
import { isKindOf } from '../../core/coordination/records/entry.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { forgetTold } from '../told-claims.js'
import { operation, type OperationContext } from '../operation.js'
import { coveredBy } from '../passing/covered.js'
import { choose, releaseDrafts, type Chosen } from '../passing/drafts.js'
import { endedText, isMine, notHolder } from '../passing/named.js'
import { pathsHere, shownItem } from '../scopes.js'

const args = z.object({
  /** Scope items as typed, or ids of claims. */
  what: z.array(z.string()).max(LIMITS.itemsPerCommand).default([]),
  all: z.boolean().default(false),
  reason: z.string().optional()
})

const data = z.object({
  released: z.array(z.object({ claim: z.string(), scope: z.array(z.string()), whole: z.boolean() })),
  /** Claims that this session still has. */
  left: z.number().int()
})

export type ReleaseData = z.infer<typeof data>

const MARKED_ID = /^c-[0-9a-hjkmnp-tv-z]{1,32}$/i
const BARE_ID = /^[0-9a-hjkmnp-tv-z]{4,32}$/i

const IS_RELEASED_BY = { does: 'releases it', field: 'scope' }

const refuse = (context: OperationContext, claim: Claim) => notHolder(context, claim, { command: `skein release ${context.host.replica.view.shortId(claim.entry)}`, ...IS_RELEASED_BY })

/** The claim of an id, when it is the caller's: `NOT_HOLDER` when not; null where the text names no claim. */
const byId = (context: OperationContext, own: readonly Claim[], text: string): Result<Claim | null> => {
  const { view } = context.host.replica
  const entry = view.find(text)
  if (!entry.ok) return entry.failure.code === 'ID_AMBIGUOUS' ? entry : success(null)
  const claim = isKindOf(entry.value, 'claim') ? view.claims.claim(entry.value.id) : null
  if (claim === null) return success(null)
  const held = own.find(({ id }) => id === claim.id)
  if (held !== undefined) return success(held)
  return isMine(context, claim) ? failure('NO_SUCH_RECORD', endedText(context, claim), { field: 'scope' }) : refuse(context, claim)
}

/** The caller's items that this one covers; else why there are none. */
const byScope = (context: OperationContext, own: readonly Claim[], repo: string | null, typed: string, item: string, chosen: Chosen): Result<true> => {
  const { host, session } = context
  const here = own.filter(claim => claim.repo === (repo ?? ''))
  const matching = here.flatMap(claim => {
    const items = claim.scope.filter(held => coveredBy(item, held))
    return items.length === 0 ? [] : [{ claim, items }]
  })
  for (const { claim, items } of matching) choose(chosen, claim, items)
  if (matching.length > 0) return success(true)
  const around = here.flatMap(claim => claim.scope.filter(held => coveredBy(held, item)).map(held => ({ claim, held })))[0]
  if (around !== undefined) {
    const id = host.replica.view.shortId(around.claim.entry)
    return failure('NOT_HOLDER', `${typed} is only a part of ${shownItem(around.held)} in your claim ${id}; a part of an item cannot be released`, { field: 'scope', details: { claim: id, scope: around.held }, next: [`skein release ${id}`] })
  }
  const others = host.replica.view.claims.overlapping({ repo: repo ?? '', scope: [item], mode: 'exclusive' }, host.meshNow(), { exceptSession: { host: host.replica.hostId, session }, states: ['live', 'stale'] })
  const [other] = others
  if (other !== undefined) return refuse(context, other.claim)
  return failure('NOT_HOLDER', `${session} holds no claim on ${shownItem(item)}`, { field: 'scope', details: { scope: item }, next: ['skein claims --mine'] })
}

/** Ends claims of the asking session, or some of their items. Of several things named, all are its own or nothing changes. */
export const release = operation({
  name: 'release',
  args,
  data,
  tells: true,
  renewsLeases: false,
  run: async (context, { what, all, reason }) => {
    const { host, session, meshNow } = context
    const { view, hostId } = host.replica
    if (what.length === 0 && !all) return failure('FIELD_MISSING', 'release what? Name scopes or ids, or --all for everything that this session holds', { field: 'scope', next: ['skein claims --mine', 'skein release --all'] })
    const own = view.claims.ofSession(hostId, session, meshNow)
    const chosen: Chosen = new Map()
    if (all) for (const claim of own) choose(chosen, claim, claim.scope)
    else {
      for (const text of what) {
        const named = MARKED_ID.test(text) ? byId(context, own, text) : success(null)
        if (!named.ok) return named
        if (named.value !== null) {
          choose(chosen, named.value, named.value.scope)
          continue
        }
        const found = await pathsHere(context, [text])
        const [item] = found.ok ? found.value.items : []
        const matched = found.ok && item !== undefined ? byScope(context, own, found.value.repo, text, item.item, chosen) : found
        if (matched.ok) continue
        const bare = BARE_ID.test(text) ? byId(context, own, text) : success(null)
        if (!bare.ok || bare.value === null) return matched
        choose(chosen, bare.value, bare.value.scope)
      }
    }
    const drafts = releaseDrafts(chosen, reason)
    const written = drafts.length === 0 ? success([]) : await host.write(session, drafts)
    if (!written.ok) return written
    if (drafts.length > 0) forgetTold(host)
    return {
      ok: true,
      data: {
        released: [...chosen.values()].map(({ claim, items }) => ({ claim: view.shortId(claim.entry), scope: [...items], whole: items.size === claim.scope.length })),
        left: view.claims.ofSession(hostId, session, host.meshNow()).length
      },
      repositories: [...new Set([...chosen.values()].map(({ claim }) => claim.repo))]
    }
  }
})
