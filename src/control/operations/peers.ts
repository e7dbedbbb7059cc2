import { z } from 'zod'
import { normaliseAddress } from '../adapters.js'
import type { HostKey } from '../../core/brand.js'
import { authorParts, keyOf } from '../../core/replication/author.js'
import type { Head } from '../../core/replication/heads.js'
import { failure, success, type Result } from '../../core/result.js'
import { addressLabel } from '../../host/addresses.js'
import type { Host } from '../../host/host.js'
import { OWN_NETWORK } from '../../ports/transport.js'
import type { Warning } from '../envelope.js'
import { forkRows, parallelRows } from '../forks.js'
import { hostRowsByKey, hostRowSchema, linkTo } from '../hosts.js'
import { lackingOf, lackingSchema } from '../lacking.js'
import { memberNamed } from '../member.js'
import { nearest } from '../nearest.js'
import { operation } from '../operation.js'

const addressSchema = z.object({
  url: z.string(),
  label: z.string(),
  /** Whose it is, as far as that is known. */
  host: z.string().nullable(),
  /** Added with `peers add`; others come from the hosts' own profiles. */
  by_hand: z.boolean(),
  failures: z.number().int(),
  /** Why the last try failed, in words. */
  last_failure: z.string().nullable()
})

const headSchema = z.object({ epoch: z.number().int(), forked: z.boolean(), seq: z.number().int().nullable(), hash: z.string().nullable() })

const peerSchema = hostRowSchema.extend({
  /** Where the link leads, or the first place worth dialling. */
  address: z.string().nullable(),
  /** Who dialled: this host, or the other one. */
  dialled_by: z.enum(['us', 'them']).nullable(),
  round_trip_ms: z.number().int().nullable(),
  /** Generation and minor version that it speaks; a newer minor is no hindrance. */
  protocol: z.string().nullable(),
  heads: z.array(headSchema),
  /** Forks of its log, and whether its key writes in two places, in words with what to do. */
  wrong: z.array(z.string()),
  /** Of its history behind the newest snapshots what is not here. */
  history_lacking: lackingSchema
})

const listData = z.object({ peers: z.array(peerSchema), addresses: z.array(addressSchema), listening: z.string().nullable() })

export type PeersData = z.infer<typeof listData>
export type PeerRow = z.infer<typeof peerSchema>

const addressesOf = (host: Host): z.infer<typeof addressSchema>[] => {
  const byHand = new Set(host.manualPeers().map(({ url }) => url))
  const dialled = host.network?.targets() ?? []
  const states = dialled.length > 0 ? dialled : host.targets().map(target => ({ ...target, failures: 0, lastFailure: null }))
  return states.map(({ url, label, key, failures, lastFailure }) => ({ url, label, host: key === null ? null : host.nameOf(key), by_hand: byHand.has(url), failures, last_failure: lastFailure === '' ? null : lastFailure }))
}

const headsOf = (held: readonly Head[], key: HostKey): z.infer<typeof headSchema>[] => {
  const heads = held.filter(head => keyOf(head.author) === key).map(head => {
    const { counter } = authorParts(head.author).epoch
    return head.state === 'forked' ? { epoch: counter, forked: true, seq: null, hash: null } : { epoch: counter, forked: false, seq: head.seq, hash: head.hash as string }
  })
  return heads.sort((left, right) => left.epoch - right.epoch)
}

/** All hosts of the mesh: how each is linked, when it was last heard, how far its log is held. */
export const peers = operation({
  name: 'peers',
  args: z.object({}),
  data: listData,
  tells: false,
  run: async ({ host }) => {
    const addresses = addressesOf(host)
    const heads = host.replica.heads()
    const wrong = [...forkRows(host), ...parallelRows(host)]
    const listening = host.network?.listening ?? null
    const rows = hostRowsByKey(host).map(([key, row]) => {
      const link = linkTo(host, key)
      return {
        ...row,
        address: link?.remote ?? host.addressesOf(key)[0]?.url.replace(/^wss?:\/\//, '') ?? null,
        dialled_by: link === null ? null : link.side === 'dialled' ? ('us' as const) : ('them' as const),
        round_trip_ms: link === null || link.roundTripMs === null ? null : Math.round(link.roundTripMs),
        protocol: link === null || link.peer === null ? null : `${link.peer.generation}.${link.peer.minor}`,
        heads: headsOf(heads, key),
        wrong: wrong.filter(each => each.host === row.name).map(({ text }) => text),
        history_lacking: lackingOf(host, key)
      }
    })
    return { ok: true, data: { peers: rows, addresses, listening: listening === null ? null : `${listening.host}:${listening.port}` }, next: rows.length === 1 ? ['skein invite'] : host.daemonSince === null ? ['skein up', 'skein sync'] : [] }
  }
})

const changed = z.object({ url: z.string(), label: z.string(), host: z.string().nullable() })

export type PeerChangeData = z.infer<typeof changed>

/** Whose address it is: as named, or the only other member. Only on one's own network may anybody answer. */
const expectedAt = (host: Host, label: string, named: string | undefined): Result<HostKey | null> => {
  if (named !== undefined) {
    const member = memberNamed(host, named, '--host')
    return member.ok ? success(member.value.key) : member
  }
  if (OWN_NETWORK.includes(label)) return success(null)
  const others = [...host.replica.acts.roster().members.values()].filter(({ key, state }) => key !== host.replica.key && state === 'member')
  const [only] = others
  if (others.length === 1 && only !== undefined) return success(only.key)
  return failure('FIELD_MISSING', `an address labelled ${label} needs to be known by its host's key: say whose it is`, { field: '--host', details: { hosts: others.map(({ key }) => host.nameOf(key)) }, next: [`skein peers add ADDRESS --host ${only === undefined ? 'HOST' : host.nameOf(only.key)}`] })
}

/** An address to dial from now on beside those that the hosts tell of themselves. */
export const peersAdd = operation({
  name: 'peers-add',
  args: z.object({ address: z.string(), label: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'letters, digits, "_" and "-", at most 32').optional(), host: z.string().optional() }),
  data: changed,
  tells: false,
  run: async ({ host }, { address, label, host: named }) => {
    const plain = normaliseAddress(address, label ?? 'local')
    if (!plain.ok) return plain
    const normalised = normaliseAddress(address, label ?? addressLabel(plain.value.url))
    if (!normalised.ok) return normalised
    const expected = expectedAt(host, normalised.value.label, named)
    if (!expected.ok) return expected
    host.addPeer({ ...normalised.value, key: expected.value })
    await host.runtime.settled()
    const { url } = normalised.value
    const isPlain = url.startsWith('ws://')
    const late = isPlain && host.network !== null
    const warnings: Warning[] = isPlain ? [{ code: 'NO_LISTENER_WITHOUT_TLS', text: `a skein daemon always listens with TLS, so nothing is linked by ${url} unless something else there takes it; wss:// is what another host answers`, details: { url } }] : []
    return { ok: true, data: { ...normalised.value, host: expected.value === null ? null : host.nameOf(expected.value) }, warnings, next: late ? ['skein down', 'skein up'] : host.daemonSince === null ? ['skein up', 'skein sync'] : ['skein peers'] }
  }
})

/** Ends what `peers-add` began. Addresses from a host's own profile are that host's to change. */
export const peersRemove = operation({
  name: 'peers-remove',
  args: z.object({ address: z.string() }),
  data: changed,
  tells: false,
  run: async ({ host }, { address }) => {
    const normalised = normaliseAddress(address, 'local')
    if (!normalised.ok) return normalised
    const { url } = normalised.value
    const manual = host.manualPeers()
    const found = manual.find(each => each.url === url)
    if (found === undefined) {
      const meant = nearest(url, manual.map(each => each.url))
      const told = host.targets().find(each => each.url === url)
      const why = told === undefined || told.key === null ? '' : `; ${host.nameOf(told.key)} tells it of itself`
      return failure('NO_SUCH_HOST', `${url} was not added by hand${why}`, { field: 'address', details: { added: manual.map(each => each.url) }, next: meant === null ? ['skein peers'] : [`skein peers remove ${meant}`] })
    }
    host.removePeer(url)
    await host.runtime.settled()
    return { ok: true, data: { url, label: found.label, host: found.key === null ? null : host.nameOf(found.key) } }
  }
})
