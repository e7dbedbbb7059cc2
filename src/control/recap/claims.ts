import { stateOf, type Claim } from '../../core/coordination/claims/claim.js'
import type { Crossing } from '../../core/coordination/claims/crossing.js'
import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'
import type { OperationContext } from '../operation.js'
import type { PlaceHere } from '../place.js'
import { scopeHere } from '../scopes.js'
import { Nearness } from './nearness.js'
import type { RecapClass, RecapItem } from './sheet.js'
import { reasonText, scopeText, sessionText, sinceText } from './words.js'

/** What of one session's work a recap looks at: its standing claims, and what of other sessions crosses them. */
export interface Work {
  readonly mine: readonly Claim[]
  readonly crossings: readonly Crossing[]
}

export const workOf = ({ host, session, meshNow }: OperationContext): Work => {
  const { claims } = host.replica.view
  const mine = claims.ofSession(host.replica.hostId, session, meshNow)
  const live = mine.filter(claim => stateOf(claim, meshNow) === 'live')
  return { mine, crossings: claims.crossingsOf(live, meshNow, { left: LIMITS.crossingLooks }) }
}

const holding = (claim: Claim): string => `${claim.mode === 'shared' ? 'reads' : 'holds'} ${scopeText(claim.scope)}`

const otherOf = ({ lead, follows }: Crossing, mine: Claim): Claim => (lead.id === mine.id ? follows : lead)

const CROSSINGS = 3

const crossingText = (host: Host, mine: Claim, crossing: Crossing): string => {
  const other = otherOf(crossing, mine)
  const agreed = crossing.resolutions.at(-1)
  const settled = agreed === undefined ? '' : `, resolved by ${host.replica.view.shortId(agreed)}`
  return `crossed by ${host.replica.view.shortId(other.entry)}: ${sessionText(host, other)} ${holding(other)}, ${crossing.class === 'same-tree' ? 'same' : 'another'} tree, ${crossing.lead.id === mine.id ? 'mine' : 'theirs'} leads${settled}${reasonText(other.reason)}`
}

const myClaim = (host: Host, claim: Claim, crossings: readonly Crossing[]): RecapItem => {
  const id = host.replica.view.shortId(claim.entry)
  const lapsed = stateOf(claim, host.meshNow()) === 'stale' ? ', lapsed' : ''
  const rest = crossings.length > CROSSINGS ? [`and ${crossings.length - CROSSINGS} more`] : []
  const crossed = crossings.length === 0 ? '' : `, crossed by ${crossings.length}`
  return {
    id,
    full: () => [`${id} ${scopeText(claim.scope)}${claim.mode === 'shared' ? ', shared' : ''}${lapsed}${reasonText(claim.reason)}`, ...crossings.slice(0, CROSSINGS).map(each => crossingText(host, claim, each)), ...rest].join('\n'),
    short: () => `${id} ${scopeText(claim.scope.slice(0, 1))}${lapsed}${crossed}`
  }
}

/** Standing claims of this session, crossed ones first, each with what crosses it. */
export const myClaims = ({ host }: OperationContext, { mine, crossings }: Work): RecapClass => {
  const around = new Map<string, Crossing[]>(mine.map(({ id }) => [id, []]))
  for (const crossing of crossings) for (const { id } of [crossing.lead, crossing.follows]) around.get(id)?.push(crossing)
  const items = mine.map(claim => ({ claim, crossings: around.get(claim.id) ?? [] }))
  const crossed = items.filter(each => each.crossings.length > 0)
  const free = items.filter(each => each.crossings.length === 0)
  return { name: 'mine', title: 'my claims', command: 'skein claims --mine', items: [...crossed, ...free].map(each => myClaim(host, each.claim, each.crossings)) }
}

/** Where the session works: its claims in the repository that it stands in, and its folder there. */
const nearnessOf = async (context: OperationContext, { mine }: Work, place: PlaceHere | null): Promise<Nearness> => {
  const repo = place?.repository.key ?? null
  const folder = place === null ? null : await scopeHere(context, ['.'])
  const items = mine.filter(claim => claim.repo === repo).flatMap(({ scope }) => scope)
  return new Nearness(repo, folder?.ok === true ? [...items, ...folder.value.scope] : items)
}

const othersClaim = (host: Host, claim: Claim): RecapItem => {
  const id = host.replica.view.shortId(claim.entry)
  const who = sessionText(host, claim)
  return { id, full: () => `${id} ${who} ${holding(claim)} since ${sinceText(host, claim.since)}${reasonText(claim.reason)}`, short: () => `${id} ${who} ${scopeText(claim.scope.slice(0, 1))}` }
}

/** Live claims of other sessions that cross none of mine, the nearest first. */
export const othersClaims = async (context: OperationContext, work: Work, place: PlaceHere | null): Promise<RecapClass> => {
  const { host, session, meshNow } = context
  const nearness = await nearnessOf(context, work, place)
  const told = new Set(work.crossings.flatMap(({ lead, follows }) => [lead.id, follows.id]))
  const others = host.replica.view.claims.live(meshNow).filter(claim => !told.has(claim.id) && (claim.host !== host.replica.hostId || claim.session !== session))
  const ranked = others.map(claim => ({ claim, near: nearness.of(claim) })).sort((left, right) => right.near - left.near)
  return { name: 'others', title: "others' claims, the nearest first", command: 'skein claims', items: ranked.map(({ claim }) => othersClaim(host, claim)) }
}
