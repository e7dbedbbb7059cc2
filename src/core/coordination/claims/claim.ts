import type { HostId, HostKey, Millis, RecordId, SessionName } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { EntryOf } from '../records/entry.js'
import type { Place } from '../records/place.js'
import type { Turn } from '../records/values.js'
import { itemOf } from './item.js'
import type { LeadKey } from './turn.js'

export type Mode = 'exclusive' | 'shared'

/** `not-yet`: its own time lies ahead of mesh time, so it does not count as held (rules F2). `stale`: lease and grace are over. */
export type ClaimState = 'not-yet' | 'live' | 'stale' | 'released'

/** A claim with all that other records say of it. Holds no clock: `stateOf` tells what it is at a time. */
export interface Claim {
  readonly id: RecordId
  readonly entry: EntryOf<'claim'>
  readonly host: HostId
  readonly hostKey: HostKey
  readonly session: SessionName
  /** The repository's key in force (`Repositories`); `''` where only names are claimed, outside of any repository. */
  readonly repo: string
  /** The items that still stand; empty once released or handed over. */
  readonly scope: readonly string[]
  readonly mode: Mode
  readonly reason: string | null
  /** Mesh time at which it was made, as its author states it. */
  readonly since: Millis
  /** End of the lease: its own or that of a renewal, whichever is later. */
  readonly until: Millis
  /** Its own or one that its author raised. */
  readonly turn: Turn
  readonly where: Place | null
  /** Reclaims that its holder has not taken back, in the order they were told. */
  readonly reclaims: readonly EntryOf<'reclaim'>[]
  /** Who took it when its holder offered it: that ended it. */
  readonly handed: EntryOf<'take'> | null
  readonly lead: LeadKey
}

/** Items that this version cannot read; they count as covering everything in their repository. */
export const unreadableOf = (claim: Claim): readonly string[] => claim.scope.filter(text => !itemOf(text).readable)

export const stateOf = (claim: Claim, now: Millis): ClaimState => {
  if (claim.scope.length === 0) return 'released'
  if (claim.since > now) return 'not-yet'
  return now <= claim.until + LIMITS.leaseGraceMs ? 'live' : 'stale'
}

/** Milliseconds since it was made; never negative. */
export const ageOf = (claim: Claim, now: Millis): Millis => Math.max(0, now - claim.since)

/** Both write to the same files: the same work tree of the same host. Unknown places are never the same. */
export const sameTree = (left: Pick<Claim, 'host' | 'where'>, right: Pick<Claim, 'host' | 'where'>): boolean =>
  left.host === right.host && left.where !== null && left.where.checkout === right.where?.checkout

/**
 * What two that overlap have to fear. `same-tree`: they write to the same files, and one overwrites the other. `another-tree`: what they
 * make will have to be merged. `name`: no files at all; only one can have the name, wherever it works.
 */
export type OverlapClass = 'same-tree' | 'another-tree' | 'name'

/** `item` is one that overlaps: a name meets only its like. */
export const overlapClass = (left: Pick<Claim, 'host' | 'where'>, right: Pick<Claim, 'host' | 'where'>, item: string): OverlapClass =>
  itemOf(item).scope.type === 'name' ? 'name' : sameTree(left, right) ? 'same-tree' : 'another-tree'

/** Which overlaps a claim gives way to: none, every one, or all but those that will only have to be merged. */
export type Strictness = boolean | 'same-tree'

export const givesWayTo = (strict: Strictness, found: OverlapClass): boolean => strict !== false && (strict === true || found !== 'another-tree')
