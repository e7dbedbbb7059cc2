import { encodeMessage } from '../../src/core/replication/message.js'
import type { Sabotage } from './world.js'

/** Faults in the program under test, built in from outside. Each breaks one promise; the checks must notice. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'frames are sent before they are on disk': {
    commit: (host, { batch }) => {
      for (const link of host.replica.links) {
        if (link.phase !== 'open') continue
        for (const { bytes } of batch.frames) host.transmit(link.id, encodeMessage({ type: 'push', frame: bytes }))
      }
    }
  },
  'a write is answered and never reaches the disk': {
    disk: (host, batch) => {
      if (host.world.random.chance(0.9)) return undefined
      host.disk.write({ ...batch, frames: [] })
      return true
    }
  },
  'a record is left out of the view': {
    replica: ({ view }, { world }) => {
      const change = view.changeAuthor.bind(view)
      view.changeAuthor = (author, key, { set, removed }) => change(author, key, { set: [...set].filter(() => !world.random.chance(0.05)), removed })
    }
  },
  'one host turns the lead round': {
    replica: ({ view: { claims } }, { name }) => {
      if (name !== 'host-1') return
      const crossings = claims.crossings.bind(claims)
      claims.crossings = (now, of) => crossings(now, of).map(crossing => ({ ...crossing, lead: crossing.follows, follows: crossing.lead }))
    }
  },
  'no signature is looked at': {
    world: ({ keys }) => {
      keys.crypto.verify = () => true
    }
  },
  'a started host has forgotten its last frame': {
    start: ({ disk, key }) => {
      for (const [author, log] of disk.frames) if (author.startsWith(key) && log.size > 1) log.delete(log.size - 1)
    }
  },
  'fork proofs are ignored': {
    replica: ({ logs }) => {
      logs.fork = () => false
    }
  },
  'nobody answers a request for frames': {
    replica: replica => {
      const handle = replica.handle.bind(replica)
      replica.handle = (input, now) => (input.type === 'linkMessage' && input.bytes[0] === WANT ? [] : handle(input, now))
    }
  }
}

const WANT = 8
