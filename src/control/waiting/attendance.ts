import type { RecordId } from '../../core/brand.js'
import { isRecordId } from '../../core/coordination/records/reference.js'
import { isKindOf } from '../../core/coordination/records/entry.js'
import { waitOf, waitStateOf, type Wait } from '../../core/coordination/waiting/wait.js'
import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'

const NOTE = 'waiting/'

const attended = new WeakMap<Host, Set<RecordId>>()

const attendedOn = (host: Host): Set<RecordId> => {
  const ids = attended.get(host) ?? new Set<RecordId>()
  attended.set(host, ids)
  return ids
}

/** A command stands behind this wait: should both it and the daemon be killed, the next daemon ends the wait. */
export const attend = (host: Host, id: RecordId): void => {
  attendedOn(host).add(id)
  host.runtime.note(NOTE + id, '')
}

/** Nobody stands behind it any more; what that means for the wait, the caller decides. */
export const leaveAlone = (host: Host, id: RecordId): void => {
  attendedOn(host).delete(id)
  host.runtime.note(NOTE + id, null)
}

/** Ends a wait in the name of its session, where it still stands. A log that takes nothing more keeps it until its time is over. */
export const endWait = async (host: Host, wait: Wait): Promise<void> => {
  if (waitStateOf(host.replica.view, wait, host.meshNow()) !== 'waiting') return
  await host.write(wait.session, [{ kind: 'withdraw', fields: { re: wait.id } }])
}

/** A new daemon gives commands whose daemon ended a minute to resume their waits, then ends what nobody stands behind. */
export const resumeAttendance = (host: Host): void => {
  const left = [...host.replica.notes.keys()].filter(key => key.startsWith(NOTE)).map(key => key.slice(NOTE.length)).filter(isRecordId)
  if (left.length === 0) return
  host.adapters.clock.after(LIMITS.waitUnattendedMs, () => {
    for (const id of left) {
      if (attendedOn(host).has(id)) continue
      host.runtime.note(NOTE + id, null)
      const entry = host.replica.view.record(id)
      if (entry !== null && isKindOf(entry, 'wait')) void endWait(host, waitOf(entry))
    }
  })
}
