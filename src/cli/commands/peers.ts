import { ageText } from '../../control/age.js'
import type { PeerChangeData, PeerRow, PeersData } from '../../control/operations/peers.js'
import { flagOption, textArgument, textOption, type Command } from '../command.js'
import type { Style } from '../style.js'
import { alignRows } from '../table.js'

/** A clock that is off by less than this is nobody's business. */
const SKEW_SHOWN_MS = 1_000

/** A link is heard at each beat; only one that fell silent has an age worth a word. */
const QUIET_MS = 10_000

const STATES: Readonly<Record<PeerRow['state'], string>> = { here: 'this host', linked: 'linked', away: 'away', unreachable: 'unreachable', unlinked: 'no daemon here', left: 'left the mesh', retired: 'retired', revoked: 'revoked', rotated: 'key replaced', 'held-back': 'held back' }

const bare = (url: string): string => url.replace(/^wss?:\/\//, '')

const stateText = (style: Style, { state, posture, round_trip_ms, skew_ms }: PeerRow): string => {
  const how = posture === null ? '' : ` (${posture}${round_trip_ms === null ? '' : `, ${round_trip_ms} ms`})`
  const skew = skew_ms === null || Math.abs(skew_ms) <= SKEW_SHOWN_MS ? '' : `, clock ${ageText(Math.abs(skew_ms))} ${skew_ms > 0 ? 'ahead' : 'behind'}`
  const shown = `${STATES[state]}${how}${skew}`
  return state === 'unreachable' || state === 'held-back' ? style.warn(shown) : shown
}

const heardText = ({ state, heard_ms }: PeerRow): string => {
  if (state === 'here' || state === 'held-back' || (state === 'linked' && heard_ms !== null && heard_ms < QUIET_MS)) return ''
  return heard_ms === null ? 'never heard' : `heard ${ageText(heard_ms)} ago`
}

const placeText = ({ state, address, dialled_by }: PeerRow, listening: string | null): string => {
  if (state === 'here') return listening === null ? '' : `listens on ${listening}`
  return address === null ? '' : dialled_by === 'them' ? 'it dialled' : bare(address)
}

const headText = ({ epoch, forked, seq, hash }: PeerRow['heads'][number]): string => (forked ? `epoch ${epoch}: forked, nothing in it counts` : `epoch ${epoch}: ${(seq ?? -1) + 1} frames, ${hash?.slice(0, 8) ?? ''}…`)

const headLines = (peers: readonly PeerRow[]): string[] => peers.flatMap(({ name, heads, history_lacking: { frames } }) => {
    if (heads.length === 0) return [`  ${name}: no frame is held`]
    return [...heads.map(head => `  ${name}, ${headText(head)}`), ...(frames === 0 ? [] : [`  ${name}: ${frames} older frames are not here`])]
  })

const render = (style: Style, { peers, addresses, listening }: PeersData, withHeads: boolean): string => {
  const rows = peers.map(peer => [peer.name, peer.id, stateText(style, peer), heardText(peer), placeText(peer, listening)])
  const linked = new Set(peers.filter(({ state }) => state === 'linked' || state === 'left').map(({ name }) => name))
  const failing = addresses.filter(({ host, last_failure }) => last_failure !== null && (host === null || !linked.has(host)))
  const byHand = addresses.filter(({ by_hand }) => by_hand).map(({ url, label, host }) => `  ${bare(url)}, ${label}${host === null ? '' : `, ${host}`}`)
  return [
    alignRows(rows),
    ...(withHeads ? ['held of each log:', ...headLines(peers)] : []),
    ...peers.flatMap(({ wrong }) => wrong),
    ...peers.filter(({ decide }) => decide.length > 0).map(({ name, decide }) => style.warn(`${name} waits for an operator: ${decide.join(' or ')}`)),
    ...(failing.length === 0 ? [] : ['not reached:', ...failing.map(({ url, host, failures, last_failure }) => `  ${host === null ? '' : `${host}: `}${whyText(url, last_failure ?? '')}${failures > 1 ? ` (${failures} times)` : ''}`)]),
    ...(byHand.length === 0 ? [] : ['added by hand:', ...byHand])
  ].join('\n')
}

/** Most reasons name the address themselves. */
const whyText = (url: string, text: string): string => (text.includes(bare(url)) ? text : `${bare(url)}: ${text}`)

const ADDRESS = { name: '<address>', description: 'host:port; wss:// is meant' }

const add: Command = {
  name: 'add',
  group: 'mesh',
  summary: 'dial this address too from now on',
  arguments: [ADDRESS],
  options: [
    { flags: '--label <label>', description: 'network that it belongs to: local, lan, mdns, or any other, which then needs a host\'s key' },
    { flags: '--host <host>', description: 'whose address it is: only that host\'s key is accepted there' }
  ],
  examples: [{ line: 'skein peers add box.example.net:4747 --host box', does: 'for a host that does not tell this address itself' }],
  run: async (terminal, typed) => {
    const [label, host] = [textOption(typed, 'label'), textOption(typed, 'host')]
    const reply = await terminal.call('peers-add', { address: textArgument(typed, 0) ?? '', ...(label === undefined ? {} : { label }), ...(host === undefined ? {} : { host }) })
    return terminal.print<PeerChangeData>(reply, data => `dials ${bare(data.url)} (${data.label})${data.host === null ? '' : `, where ${data.host} is expected`}`)
  }
}

const remove: Command = {
  name: 'remove',
  group: 'mesh',
  summary: 'no longer dial an address that was added by hand',
  arguments: [ADDRESS],
  examples: [{ line: 'skein peers remove box.example.net:4747', does: 'a link that is open stays' }],
  run: async (terminal, typed) => {
    const reply = await terminal.call('peers-remove', { address: textArgument(typed, 0) ?? '' })
    return terminal.print<PeerChangeData>(reply, ({ url }) => `${bare(url)} is no longer dialled`)
  }
}

export const peers: Command = {
  name: 'peers',
  group: 'mesh',
  summary: 'print the hosts of this mesh: how each is linked, and when it was last heard',
  options: [{ flags: '--heard', description: 'with how far each host\'s log is held here' }],
  commands: [add, remove],
  examples: [
    { line: 'skein peers', does: 'linked, away (said goodbye), unreachable, or left for good' },
    { line: 'skein peers --json', does: 'with every head and every address' }
  ],
  run: async (terminal, typed) => {
    const reply = await terminal.call('peers', {})
    return terminal.print<PeersData>(reply, data => render(terminal.style, data, flagOption(typed, 'heard')))
  }
}
