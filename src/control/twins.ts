import { ownerAndName } from '../core/coordination/repositories/repositories.js'
import { compareText } from '../core/encoding/bytes.js'
import type { Host } from '../host/host.js'
import { shellWord } from '../host/shell-word.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'

/** Two keys that may be one repository, one of them coordinated here. */
interface Twins {
  readonly own: string
  readonly other: string
  /** The host that coordinates the other one. */
  readonly by: string
  readonly isHere: boolean
  /** The first commit that both have; null where one of them is not known, and they are only called alike. */
  readonly root: string | null
}

/** A key that no other host could have come to by itself. */
const isLocal = (key: string): boolean => /^(?:root|random|file):/.test(key)

const commandOf = (from: string, to: string): string => `skein repo link ${shellWord(from)} ${shellWord(to)}`

/** Which of two keys stays, where others read it: one that is an address, else the one that sorts first. */
const staysOf = (own: string, other: string): string => {
  if (isLocal(own) !== isLocal(other)) return isLocal(own) ? other : own
  return compareText(own, other) < 0 ? own : other
}

/** What to type so that both are one. Of two addresses each host may follow the other. */
const linkOf = ({ own, other }: Twins): { readonly command: string; readonly isOwn: boolean } =>
  isLocal(other) && !isLocal(own) ? { command: commandOf(other, own), isOwn: false } : { command: commandOf(own, other), isOwn: true }

const rootsAgree = (own: string | undefined, other: string | undefined): boolean => own !== undefined && own === other

const areAlike = (own: string, other: string): boolean => ownerAndName(own) !== null && ownerAndName(own) === ownerAndName(other)

/**
 * The repositories coordinated here that another key may mean too, and that are not read as one: equal first commits, or equal `owner/name`
 * where a first commit is not known. Every host that coordinates one of the two finds the same pair, so it is said on both.
 */
const twinsOf = (host: Host): Twins[] => {
  const { repositories } = host.replica.view
  const standing = repositories.standing()
  const found = new Map<string, Twins>()
  for (const mine of standing) {
    if (mine.host !== host.replica.hostId) continue
    const { key: own, root } = mine.parsed.record.fields
    for (const theirs of standing) {
      const { key: other, root: otherRoot } = theirs.parsed.record.fields
      const pair = `${own} ${other}`
      const isHere = theirs.host === mine.host
      // one key of those that are read as one speaks for them, and of two keys of this host the one that would be linked
      if (found.has(pair) || repositories.nameOf(other) !== other || repositories.nameOf(own) === other || (isHere && staysOf(own, other) === own)) continue
      const isCertain = rootsAgree(root, otherRoot)
      const isPossible = (root === undefined || otherRoot === undefined) && areAlike(own, other)
      if (!isCertain && !isPossible) continue
      found.set(pair, { own, other, by: host.nameOf(theirs.hostKey), isHere, root: isCertain ? (root ?? null) : null })
    }
  }
  return [...found.values()]
}

const warningOf = (twins: Twins): Warning => {
  const { own, other, by, isHere, root } = twins
  const { command, isOwn } = linkOf(twins)
  const alike = root === null ? `is called as ${other} is, and of one of them the first commit is not known` : `has the same first commit as ${other}`
  const who = isOwn || isHere ? 'you type' : `somebody on ${by} types`
  return {
    code: 'REPOSITORY_TWINS',
    text: `${own} ${alike} (${isHere ? 'also on this host' : `on ${by}`}): if they are one repository, claims in one are not seen in the other until ${who} ${command}`,
    details: { repository: own, other, host: by, root_commit: root, next: command }
  }
}

/** Neither a remote nor a first commit: what other hosts call it cannot be found out. */
const namelessOf = (host: Host): Warning[] =>
  host.replica.view.repositories.standing().flatMap(({ host: by, parsed }) => {
    const { key, remotes = [], root } = parsed.record.fields
    if (by !== host.replica.hostId || !key.startsWith('random:') || root !== undefined || remotes.length > 0) return []
    const text = `${key} has no remote and no first commit that is known here, so nobody can tell whether another host coordinates it under another name: skein repo list shows theirs, skein repo link ${key} KEY makes them one`
    return [{ code: 'REPOSITORY_NAMELESS', text, details: { repository: key } }]
  })

/** All that is to be said of the names of this host's repositories, as it stands. */
export const repositoryWarnings = (host: Host): Warning[] => [...twinsOf(host).map(warningOf), ...namelessOf(host)]

const TOLD = 'twins/'

/** The same of one repository (all: null), for a session that was not told so since it changed; told by this unless `isLook`. */
export const untoldTwins = ({ host, session }: OperationContext, key: string | null, isLook = false): Warning[] => {
  const all = repositoryWarnings(host)
  const { notes, view } = host.replica
  const told = (notes.get(TOLD + session) ?? '').split('\n')
  const here = all.filter(({ details }) => key === null || view.repositories.nameOf(String(details?.['repository'])) === key)
  const untold = here.filter(({ text }) => !told.includes(text))
  if (!isLook && untold.length > 0) {
    const standing = told.filter(text => all.some(each => each.text === text))
    host.runtime.note(TOLD + session, [...standing, ...untold.map(({ text }) => text)].join('\n'))
  }
  return untold
}
