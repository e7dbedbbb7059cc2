import type { Member } from '../core/coordination/membership/member.js'
import { failure, success, type Result } from '../core/result.js'
import type { Host } from '../host/host.js'
import { nearest } from './nearest.js'

/** A host of this mesh by its shown name, its own name where only one has that, or the beginning of its id. `field` names where it was typed. */
export const memberNamed = (host: Host, text: string, field: string): Result<Member> => {
  const members = [...host.replica.acts.roster().members.values()].filter(member => member.state === 'member' || member.how !== 'rotated')
  const folded = text.toLowerCase()
  const exact = members.filter(({ key }) => host.nameOf(key).toLowerCase() === folded)
  const loose = exact.length > 0 ? exact : members.filter(({ name, hostId }) => name.toLowerCase() === folded || (/^h-.{4,}$/.test(folded) && hostId.startsWith(folded.slice(2))))
  const [found, another] = loose
  if (found !== undefined && another === undefined) return success(found)
  const names = members.map(({ key }) => host.nameOf(key))
  if (found !== undefined) return failure('ADDRESSEE_AMBIGUOUS', `several hosts may be meant by "${text}"`, { field, details: { candidates: loose.map(({ key }) => host.nameOf(key)) } })
  const meant = nearest(text, names)
  return failure('NO_SUCH_HOST', `there is no host "${text}" in this mesh`, { field, details: { hosts: names, meant }, next: meant === null ? ['skein peers'] : [`${field} ${meant}`] })
}
