import { LIMITS } from '../../../limits.js'
import { bad, good, isObject, optional, required } from '../field.js'
import { kind } from '../kind.js'
import { repositoryKey } from '../place.js'
import { line, list, millis, oneOf, text, word } from '../values.js'
import { visible } from '../visible.js'
import { because, listed } from './shared.js'

/** Where a host can be dialled: a normalised `wss://` or `ws://` address and the label of the network that it belongs to. */
export interface ProfileAddress {
  readonly url: string
  readonly label: string
}

const url = word(LIMITS.recordKeyBytes, /^wss?:\/\/[!-~]+$/, 'an address that begins with ws:// or wss://')
const label32 = word(LIMITS.roleChars, /^[A-Za-z0-9_-]+$/, 'a label of [A-Za-z0-9_-]')
const name = line(LIMITS.nameChars)
const reason = optional(text(LIMITS.reasonChars))

const address = required<ProfileAddress>('{url, label}', value => {
  if (!isObject(value)) return bad('must be {url, label}')
  const read = url.read(value.url)
  if (!read.ok) return bad(`has a url that ${read.why}`)
  const label = label32.read(value.label)
  return label.ok ? good<ProfileAddress>({ url: read.value, label: label.value }) : bad(`has a label that ${label.why}`)
})

export const profile = kind({
  letter: 'pf',
  family: 'hosts',
  description: 'what a host says of itself: its version and where it can be dialled',
  sendable: false,
  quiet: true,
  byViewers: true,
  fields: { name: optional(name), version: optional(name), platform: optional(name), addresses: optional(list(address, LIMITS.profileAddresses)) },
  prose: fields => `can be reached at ${listed((fields.addresses ?? []).map(each => each.url)) || 'no address'}${fields.version === undefined ? '' : `, runs ${visible(fields.version)}`}`
})

export const repo = kind({
  letter: 'rp',
  family: 'hosts',
  description: 'a repository that a host has enrolled: its key, remotes and root commit',
  sendable: false,
  quiet: true,
  fields: {
    key: repositoryKey,
    remotes: optional(list(line(LIMITS.recordKeyBytes), 16)),
    root: optional(word(64, /^[0-9a-f]{40}([0-9a-f]{24})?$/, 'a commit id')),
    /** A key that this one is to be read as (`skein repo link`). */
    link: optional(repositoryKey),
    state: optional(oneOf('enrolled', 'removed'))
  },
  prose: fields => {
    if (fields.state === 'removed') return `no longer coordinates ${visible(fields.key)}`
    return fields.link === undefined ? `coordinates ${visible(fields.key)}` : `reads ${visible(fields.key)} as ${visible(fields.link)}`
  }
})

export const label = kind({
  letter: 'l',
  family: 'hosts',
  description: 'the free labels of a session; the newest record stands, an empty text clears',
  fields: { labels: optional(list(label32, 32)) },
  prose: fields => (fields.labels === undefined ? 'clears its labels' : `labels itself ${fields.labels.join(', ')}`)
})

export const responder = kind({
  letter: 'rd',
  family: 'hosts',
  description: 'whether the agent behind a session can answer',
  fields: { state: oneOf('online', 'offline', 'oauth_locked', 'rate_limited', 'degraded'), reason, until: optional(millis) },
  prose: fields => `is ${fields.state.replace('_', ' ')}${because(fields.reason)}`
})

export const tempo = kind({
  letter: 'tp',
  family: 'hosts',
  description: 'how eagerly a host asks its links to work, and until when',
  sendable: false,
  quiet: true,
  urgent: true,
  fields: { mode: oneOf('burn', 'normal', 'idle', 'auto'), cause: optional(oneOf('set', 'auto', 'expired')), until: optional(millis), reason },
  prose: fields => `goes ${fields.mode}${because(fields.reason)}`
})
