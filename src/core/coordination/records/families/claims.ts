import { LIMITS } from '../../../limits.js'
import { optional } from '../field.js'
import { kind, type Header, type Problem } from '../kind.js'
import { place, repositoryKey, scope } from '../place.js'
import { bool, list, millis, oneOf, recordId, reference, text, turn, turns, type Turn } from '../values.js'
import { utcMinute } from '../utc.js'
import { about, addressed, because, checkAbout, checkAddressed, checkBoth, listed, scopeText, tags, toText } from './shared.js'

const ids = list(recordId, LIMITS.idsPerRecord)
const reason = text(LIMITS.reasonChars)

/**
 * A turn may lie before its record's own time (a declared advantage, a clock that lies: rules E2), but never far behind it: whoever sees
 * the claim takes a later turn, so one absurd turn would push every later claim of the mesh back for good.
 */
const laterThanItself = (raised: Iterable<Turn>, header: Header | null): boolean => {
  if (header === null) return false
  const minute = Math.floor((header.stamp[0] - header.offset) / 60_000)
  return Array.from(raised).some(([at]) => at > minute + LIMITS.turnAheadMinutes)
}

const late = (field: string): Problem => ({ field, why: `lies more than ${LIMITS.turnAheadMinutes} minutes after the record's own time` })

export const claim = kind({
  letter: 'c',
  family: 'claims',
  description: 'says that a session works on a scope, for how long, where and why; advisory',
  sendable: false,
  urgent: true,
  fields: {
    ...addressed,
    repo: optional(repositoryKey),
    scope,
    mode: oneOf('exclusive', 'shared'),
    reason: optional(reason),
    tags,
    /** End of the lease. */
    until: millis,
    turn,
    where: optional(place)
  },
  check: (fields, header) => checkBoth(fields) ?? (laterThanItself([fields.turn], header) ? late('turn') : null),
  prose: (fields, names) =>
    `claims ${fields.mode === 'shared' ? 'shared ' : ''}${listed(fields.scope)}${toText(fields.to, names)} until ${utcMinute(fields.until)}${because(fields.reason)}`
})

export const renew = kind({
  letter: 'rn',
  family: 'claims',
  description: 'moves the lease end of every claim that its session had made by then',
  sendable: false,
  urgent: false,
  quiet: true,
  fields: {
    until: millis,
    /** Claims that had lapsed and are not taken up again. */
    except: optional(ids),
    /** Raised turns: a claim that is renewed after lease and grace takes a new one. */
    turns: optional(turns),
    /** Reclaims that the session had seen and does not accept: its claims take their lead back. */
    back: optional(ids)
  },
  check: (fields, header) => (laterThanItself(fields.turns?.values() ?? [], header) ? late('turns') : null),
  prose: (fields, names) =>
    `renews its claims until ${utcMinute(fields.until)}${fields.back === undefined ? '' : `, taking back what ${fields.back.map(id => names.record(id)).join(', ')} took`}`
})

export const release = kind({
  letter: 'r',
  family: 'claims',
  description: "ends claims of its own session, or only some of their scope's items",
  sendable: false,
  urgent: true,
  fields: { claims: ids, scope: optional(scope), reason: optional(reason) },
  prose: (fields, names) =>
    `releases ${fields.scope === undefined ? '' : `${listed(fields.scope)} of `}${listed(fields.claims.map(id => names.record(id)))}${because(fields.reason)}`
})

export const reclaim = kind({
  letter: 'rc',
  family: 'claims',
  description: "marks another's claim as taken over: the lead passes, the claim stays, its holder is shown who and may take it back",
  sendable: false,
  urgent: true,
  fields: { claims: ids, reason: optional(reason), force: optional(bool) },
  prose: (fields, names) =>
    `takes over ${listed(fields.claims.map(id => names.record(id)))}${fields.force === true ? ' although live' : ''}${because(fields.reason)}`
})

export const resolve = kind({
  letter: 'rv',
  family: 'claims',
  description: 'settles claims that cross: one yields, they split the scope, or both go on',
  sendable: false,
  urgent: true,
  fields: {
    ...addressed,
    claims: list(recordId, LIMITS.claimsPerResolve),
    how: oneOf('yield', 'split', 'both'),
    scope: optional(scope),
    text: optional(reason)
  },
  check: checkAddressed,
  prose: (fields, names) => {
    const claims = fields.claims.map(id => names.record(id)).join(' and ')
    const how = { yield: 'yields where', split: `splits${scopeText(fields.scope)} where`, both: 'goes on beside the other where' }[fields.how]
    return `${how} ${claims} cross${because(fields.text)}`
  }
})

export const offer = kind({
  letter: 'o',
  family: 'claims',
  description: 'hands claims to somebody, who takes them or does not',
  sendable: false,
  urgent: true,
  fields: { ...addressed, claims: ids, text: optional(reason) },
  check: fields => (fields.to === undefined ? { field: 'to', why: 'is missing: whom is it handed to?', missing: true } : null),
  prose: (fields, names) => `hands ${listed(fields.claims.map(id => names.record(id)))}${toText(fields.to, names)}${because(fields.text)}`
})

export const take = kind({
  letter: 't',
  family: 'claims',
  description: 'takes what was handed over, or what a session that ended has left',
  sendable: false,
  urgent: true,
  answers: ['offer', 'handoff'],
  fields: { re: reference, text: optional(reason) },
  prose: (fields, names) => `takes ${names.record(fields.re)}${because(fields.text)}`
})

export const wait = kind({
  letter: 'w',
  family: 'claims',
  description: 'says that a session waits until one of several items, or claims, is free',
  sendable: false,
  urgent: true,
  /** `re`: the claims that are waited for, each by itself; `until`: when it is over without a word. */
  fields: { ...about, re: optional(ids), until: optional(millis), text: optional(reason) },
  check: fields => (fields.scope === undefined && fields.re === undefined ? { field: 'scope', why: 'is missing: waits for what?', missing: true } : checkAbout(fields)),
  prose: (fields, names) => {
    const what = [...(fields.scope === undefined ? [] : [listed(fields.scope)]), ...(fields.re === undefined ? [] : fields.re.map(id => names.record(id)))]
    return `waits for ${what.join(' or ')}${because(fields.text)}`
  }
})
