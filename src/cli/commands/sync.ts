import type { SyncData, SyncedPeer } from '../../control/operations/sync.js'
import type { Command } from '../command.js'
import type { Style } from '../style.js'
import { alignRows } from '../table.js'

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const howText = ({ posture, round_trip_ms }: SyncedPeer): string => `${posture ?? 'linked'}${round_trip_ms === null ? '' : `, ${round_trip_ms} ms`}`

const viewsText = ({ views_equal }: SyncedPeer): string => (views_equal === null ? 'its view is not known' : views_equal ? 'views equal' : 'views differ')

const rowOf = (style: Style, peer: SyncedPeer): string[] => {
  const name = peer.host ?? peer.address
  if (peer.state === 'failed') return [name, style.warn('not reached'), '', '']
  return [name, `linked (${howText(peer)})`, `${counted(peer.received, 'record')} received`, peer.state === 'level' ? viewsText(peer) : style.warn('still behind')]
}

/** Most reasons name the address themselves. */
const whyText = (address: string, text: string): string => (text.includes(address) ? text : `${address}: ${text}`)

const render = (style: Style, { peers, records, view_hash }: SyncData): string => {
  if (peers.length === 0) return 'nobody to dial: no other host has joined, or none has told an address'
  const failures = peers.filter(({ state }) => state === 'failed').flatMap(({ host, failures: each }) => each.map(({ url, code, text }) => `  ${host === null ? '' : `${host}: `}${whyText(url.replace(/^wss?:\/\//, ''), text)} (${code})`))
  return [alignRows(peers.map(peer => rowOf(style, peer))), ...failures, `${counted(records, 'record')} here, view ${view_hash.slice(0, 4)}…`].join('\n')
}

export const sync: Command = {
  name: 'sync',
  group: 'mesh',
  summary: 'dial everybody now and exchange until both sides hold the same; needs no daemon',
  examples: [
    { line: 'skein sync', does: 'per host: how it is linked, what came, whether the views are equal; exit 1 when nobody was reached' },
    { line: 'skein sync && skein claims', does: 'for a host without a daemon: look around, then decide' }
  ],
  run: async terminal => {
    const reply = await terminal.call('sync', {})
    return terminal.print<SyncData>(reply, data => render(terminal.style, data))
  }
}
