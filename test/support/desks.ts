import { join } from 'node:path'
import { found } from '../../src/control/founding.js'
import { join as joinMesh } from '../../src/control/joining.js'
import { eventually } from './cli.js'
import { Desk } from './desk.js'
import { makeRepository } from './home.js'

/** Two desks whose hosts are linked over loopback as two daemons are: real stores, keys and sockets, in this process, each with a clock of its own. */
export interface Desks {
  readonly mac: Desk
  readonly box: Desk
  /** Resolves when both hold the same. */
  level(): Promise<void>
  close(): Promise<void>
}

const answered = ({ envelope }: { readonly envelope: { readonly ok: true } | { readonly ok: false; readonly error: { readonly message: string } } }): void => {
  if (!envelope.ok) throw new Error(envelope.error.message)
}

/** Their clones of one repository lie in folders of different names. */
export const openDesks = async (folder: string): Promise<Desks> => {
  const [macTree, boxTree] = [makeRepository(join(folder, 'app')), makeRepository(join(folder, 'other-name'), 'https://github.com/team/app')]
  answered(await found({ home: join(folder, 'mac'), name: 'mac', listen: '127.0.0.1:0', advertise: [], passphrase: null }))
  const mac = await Desk.reopen(join(folder, 'mac'), macTree, { daemon: true })
  const listening = await mac.host.connect({ listen: true })
  if (!listening.ok) throw new Error(listening.failure.message)
  await mac.host.publishProfile(mac.host.advertised())
  const { envelope } = await mac.run('host-1', ['invite'])
  answered(await joinMesh({ home: join(folder, 'box'), token: String(envelope.data.token), name: 'box', listen: '127.0.0.1:0' }))
  const box = await Desk.reopen(join(folder, 'box'), boxTree, { daemon: true })
  const reachable = await box.host.connect({ listen: true })
  if (!reachable.ok) throw new Error(reachable.failure.message)
  await box.host.publishProfile(box.host.advertised())
  box.host.seekPeers()
  const level = async (): Promise<void> => {
    await eventually(async () => [mac.host.replica.view.hash(), box.host.replica.view.hash()], ([left, right]) => left === right)
  }
  await level()
  return {
    mac,
    box,
    level,
    close: async () => {
      await box.close()
      await mac.close()
    }
  }
}
