import { actorKey, sameActor } from '../core/coordination/claims/actor.js'
import { stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { LIMITS } from '../core/limits.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { claimText } from './words.js'

const NOTED = 'tagged/'

interface Shared {
  readonly tag: string
  readonly other: Claim
}

/** Live claims of other sessions in the same repository that share a tag with one of the caller's and no file: one for each session. */
const sharedWith = ({ host, session }: OperationContext): Map<string, Shared> => {
  const { view, hostId } = host.replica
  const now = host.meshNow()
  const crossed = new Set<string>()
  const found = new Map<string, Shared>()
  const mine = view.claims.ofSession(hostId, session, now).filter(claim => claim.entry.parsed.record.fields.tags !== undefined && stateOf(claim, now) === 'live')
  for (const { lead, follows } of view.claims.crossingsOf(mine, now)) for (const { id } of [lead, follows]) crossed.add(id)
  for (const claim of mine) {
    for (const tag of claim.entry.parsed.record.fields.tags ?? []) {
      for (const { id, host: at, parsed } of view.tags.of(tag)) {
        const actor = { host: at, session: parsed.record.session }
        if (found.has(actorKey(actor)) || sameActor(claim, actor) || crossed.has(id)) continue
        const other = view.claims.claim(id)
        if (other !== null && view.repositories.same(claim.repo, other.repo) && stateOf(other, now) === 'live') found.set(actorKey(actor), { tag, other })
      }
    }
  }
  return found
}

/** Who works on other files under a tag of the caller's: said at most once an hour of each session, and of no consequence. */
export const tagNotices = (context: OperationContext): Warning[] => {
  const { host, session } = context
  const { notes, view } = host.replica
  const { wall } = host.now()
  const isOver = (noted: string): boolean => Math.abs(wall - Number(noted)) >= LIMITS.tagNoticeMs
  for (const [key, noted] of [...notes]) if (key.startsWith(NOTED) && isOver(noted)) host.runtime.note(key, null)
  const told: Warning[] = []
  for (const [whose, { tag, other }] of sharedWith(context)) {
    const key = `${NOTED}${session} ${whose}`
    if (notes.has(key)) continue
    host.runtime.note(key, String(wall))
    told.push({ code: 'CLAIM_TAG', text: `also under "${tag}", on other files: ${claimText(host, other, host.meshNow())}.`, details: { tag, claim: view.shortId(other.entry) } })
  }
  return told
}
