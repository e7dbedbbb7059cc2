import { Disk } from '../disk.js'
import type { SimHost } from '../host.js'
import type { Nemesis } from '../nemesis.js'
import { ownRecordsOnDisk } from '../replay.js'
import type { Fault } from './network.js'

/** Another disk lies where this host's was: what only the old one held may be lost. */
const replaceDisk = (nemesis: Nemesis, host: SimHost, disk: Disk): void => {
  nemesis.restart(host)
  host.disk = disk
  host.losses += 1
  const left = ownRecordsOnDisk(nemesis.world, host)
  for (const id of host.answered) if (!left.has(id)) host.mayBeLost.add(id)
}

const backup: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host !== null) nemesis.backups.set(host, { disk: host.disk.copy(), witness: new Map(host.witness) })
}

/** An older store is laid back. Where the whole machine was rolled back, nothing on it tells. */
const restore: Fault = nemesis => {
  const host = nemesis.anyUp()
  const kept = host === null ? undefined : nemesis.backups.get(host)
  if (host === null || kept === undefined) return
  const { world } = nemesis
  const isWholeMachine = world.random.chance(0.4)
  world.note(`${host.name} is laid back to its backup${isWholeMachine ? ', with its whole machine' : ''}`)
  world.occurred.add(isWholeMachine ? 'machine rolled back' : 'store restored')
  replaceDisk(nemesis, host, kept.disk.copy())
  if (isWholeMachine) {
    host.witness = new Map(kept.witness)
    host.isRolledBack = true
  }
  if (!isWholeMachine) host.place += 1
}

/** The store is deleted; keys and settings stay. */
const loseStore: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null || !host.isMember) return
  const { world } = nemesis
  world.note(`the store of ${host.name} is deleted`)
  world.occurred.add('store lost')
  const empty = new Disk()
  // who founded the mesh has nobody to be let in by: it brings its acts back from an export
  if (host.invitation === null) for (const [id, bytes] of host.disk.acts) empty.acts.set(id, bytes)
  replaceDisk(nemesis, host, empty)
  host.place += 1
  if (world.random.chance(0.3)) host.witness = new Map()
}

const compact: Fault = nemesis => {
  const host = nemesis.anyUp()
  nemesis.world.note(`${host?.name} compacts`)
  host?.feed({ type: 'compact' })
}

export const FORTUNE_FAULTS = { backup, restore, loseStore, compact }
