import type { Host } from '../host/host.js'
import type { Warning } from './envelope.js'

/** With which every command ends while the store takes nothing more: what it read may be right, what it was to write is not there. */
export const FENCED_EXIT = 4

/** What leads out of it: a store that failed once is not written again until it is opened anew, and looked through while it is. */
export const fenceRemedy = (host: Host): string[] => {
  const fence = host.replica.fenced
  if (fence === null) return []
  const room = fence.code === 'DISK_FULL' ? [`make room on the disk of ${host.paths.folder}`] : fence.code === 'HOME_UNWRITABLE' ? [`see to it that ${host.paths.folder} can be written`] : []
  return [...room, ...(host.daemonSince === null ? [] : ['skein down', 'skein up']), 'skein verify']
}

/** That nothing is written any more, to stand beside an answer; none where writing goes on. */
export const fenceWarnings = (host: Host): Warning[] => {
  const fence = host.replica.fenced
  if (fence === null) return []
  return [{ code: fence.code, text: `nothing is written any more: ${fence.reason}; to mend it: ${fenceRemedy(host).join(', then ')}`, details: { next: fenceRemedy(host) } }]
}
