import { z } from 'zod'
import type { HostKey } from '../../core/brand.js'
import { compareStamps } from '../../core/stamp.js'
import { epochTextOf, keyOf } from '../../core/replication/author.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { memberNamed } from '../member.js'
import { operation } from '../operation.js'

/** What fits into one act beside each other, with room for what it has seen: 96 heads of 110 bytes, 1,500 ids of 67. */
const HEADS_NAMED = 96
const ACTS_NAMED = 1_500

const headSchema = z.object({ epoch: z.string(), seq: z.number().int(), hash: z.string() })

const data = z.object({
  host: z.string(),
  id: z.string(),
  /** It has ended before: a second revocation can only lower what stays. */
  ended: z.boolean(),
  /** Its invitation had no use left: it is in no view. */
  held_back: z.boolean(),
  keys: z.array(z.object({ key: z.string(), heads: z.array(headSchema) })),
  acts: z.array(z.string()),
  /** Records of it that count on this host, and stay. */
  records: z.number().int()
})

export type RevocationData = z.infer<typeof data>

interface Subject {
  readonly keys: readonly HostKey[]
  readonly id: string
  readonly ended: boolean
  readonly heldBack: boolean
}

const subjectOf = (host: Host, text: string): Result<Subject> => {
  const roster = host.replica.acts.roster()
  const folded = text.toLowerCase()
  const heldBack = [...roster.heldBack.values()].find(({ key, hostId }) => host.nameOf(key).toLowerCase() === folded || folded === `h-${hostId}`)
  if (heldBack) return success({ keys: [heldBack.key], id: heldBack.hostId, ended: false, heldBack: true })
  const named = memberNamed(host, text, 'HOST')
  if (!named.ok) return named
  const keys = roster.keysOf(named.value.hostId)
  if (keys.includes(host.replica.key)) return failure('FIELD_INVALID', 'this is the host that you are on: it can leave', { field: 'HOST', next: ['skein leave'] })
  return success({ keys, id: named.value.hostId, ended: keys.every(key => roster.admits(key).state === 'named'), heldBack: false })
}

/** The heads of a key that stay as this host sees it: what it holds on disk, or what was named before. */
const headsOf = (host: Host, key: HostKey): { readonly epoch: string; readonly seq: number; readonly hash: string }[] => {
  const standing = host.replica.acts.roster().admits(key)
  if (standing.state === 'named') return standing.heads.slice(0, HEADS_NAMED).map(head => ({ ...head }))
  if (standing.state !== 'member') return []
  const held = [...host.replica.logs.logs()].filter(log => keyOf(log.author) === key).flatMap(log => (log.storedHead === null ? [] : [{ epoch: epochTextOf(log.author), ...log.storedHead }]))
  return held.sort((left, right) => (left.epoch < right.epoch ? 1 : -1)).slice(0, HEADS_NAMED)
}

/** What a revocation of this host names: all its keys, the heads that this host holds, and its acts, all of which stay. */
export const revocation = operation({
  name: 'revocation',
  args: z.object({ host: z.string().max(128) }),
  data,
  tells: false,
  run: async ({ host }, { host: text }) => {
    const subject = subjectOf(host, text)
    if (!subject.ok) return subject
    const { keys, id, ended, heldBack } = subject.value
    const own = new Set<string>(keys)
    const stay = [...host.replica.acts.values()].filter(({ signer, content }) => own.has(signer) || (content?.kind === 'rotate' && own.has(content.body.old)))
    stay.sort((left, right) => compareStamps(left.stamp, right.stamp))
    const [first] = keys
    const records = [...host.replica.view.records()].filter(({ hostKey }) => own.has(hostKey)).length
    return {
      ok: true,
      data: {
        host: first === undefined ? text : host.nameOf(first),
        id: `h-${id}`,
        ended,
        held_back: heldBack,
        keys: keys.map(key => ({ key, heads: headsOf(host, key) })),
        acts: stay.slice(0, ACTS_NAMED).map(({ id: act }) => act),
        records
      }
    }
  }
})
