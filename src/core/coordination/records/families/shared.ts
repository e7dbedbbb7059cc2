import { LIMITS } from '../../../limits.js'
import { addressee, recipientsOf, type Addressee } from '../addressee.js'
import { optional } from '../field.js'
import type { Names, Problem } from '../kind.js'
import { repositoryKey, scope } from '../place.js'
import { bool, count, list, millis, recordId, word } from '../values.js'
import { quoted, visible } from '../visible.js'

/** For whom a record is, and what its writer expects of them. */
export const addressed = {
  to: optional(addressee),
  /** An ack is wanted. */
  ack: optional(bool),
  /** A reply (answer, accept, reject, take) counts as the ack. */
  implicit: optional(bool),
  /** When the ack or the work is due. */
  deadline: optional(millis),
  /** From when on it is owed no more. */
  expires: optional(millis),
  /** How many of those asked are enough; all when absent. Viewers do not count. */
  quorum: optional(count(LIMITS.hostsPerAddressee)),
  /** A word of one's own that this one stands for from now on: that one is owed no more, and an ack of it says nothing of this one. */
  supersedes: optional(recordId),
  /** How often it was said: one more than what it supersedes. */
  attempt: optional(count(1_000))
}

/** What a record is about: items of a repository, or names that need none. */
export const about = { repo: optional(repositoryKey), scope: optional(scope) }

/** Words for what the work touches beside its files: who shares one is told softly. */
export const tags = optional(list(word(LIMITS.roleChars, /^[A-Za-z0-9_-]+$/, 'a tag of [A-Za-z0-9_-]'), 16))

interface Addressed {
  readonly to?: Addressee
  readonly ack?: boolean
  readonly implicit?: boolean
  readonly quorum?: number
}

interface About {
  readonly repo?: string
  readonly scope?: readonly string[]
}

export const isName = (item: string): boolean => item.startsWith('@') || item.startsWith('branch:')

const checkQuorum = ({ to, ack, quorum }: Addressed): Problem => {
  if (quorum === undefined) return null
  if (ack !== true) return { field: 'ack', why: 'is missing: a quorum of acks is asked for, but no ack', missing: true }
  const asked = to === undefined ? 0 : recipientsOf(to).length
  return quorum >= 1 && quorum <= asked ? null : { field: 'quorum', why: `must be from 1 to the number of those who are asked, ${asked}` }
}

/** A wanted ack without anybody who could give it would stay open for ever. */
export const checkAddressed = (fields: Addressed): Problem => {
  if (fields.to !== undefined) return checkQuorum(fields)
  if (fields.ack === true) return { field: 'to', why: 'is missing: an ack is wanted, but from nobody', missing: true }
  return fields.implicit === true ? { field: 'to', why: 'is missing: a reply would count as the ack, but nobody is asked', missing: true } : checkQuorum(fields)
}

/** A path means nothing without its repository; a name may stand alone. */
export const checkAbout = (fields: About): Problem =>
  fields.repo === undefined && fields.scope?.some(item => !isName(item)) === true
    ? { field: 'repo', why: 'is missing: a path means nothing without its repository', missing: true }
    : null

export const checkBoth = (fields: Addressed & About): Problem => checkAddressed(fields) ?? checkAbout(fields)

/** Items on one line; the root is written as on the command line. */
export const listed = (items: readonly string[]): string => {
  const shown = items.slice(0, 5).map(item => (item === '' ? ':/' : visible(item))).join(', ')
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown
}

export const toText = (to: Addressee | undefined, names: Names): string => {
  if (to === undefined) return ''
  if ('host' in to) return ` to ${names.host(to.host)}${to.session === undefined ? '' : `/${to.session}`}`
  return 'all' in to ? ` to all (${to.all.length})` : ` to role:${to.role} (${to.hosts.length})`
}

export const scopeText = (items: readonly string[] | undefined): string => (items === undefined ? '' : ` on ${listed(items)}`)

/** `: "why"`, or nothing where none was given. */
export const because = (why: string | undefined): string => (why === undefined ? '' : `: ${quoted(why, LIMITS.foreignTextChars)}`)
