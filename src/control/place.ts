import { success, type Result } from '../core/result.js'
import type { Host } from '../host/host.js'
import type { Enrolled } from '../host/repository/enrolment.js'
import { findCheckout, type Checkout } from '../host/repository/checkout.js'
import { checkoutName } from '../host/repository/checkout-name.js'
import { repositoryKey, type RepositoryKey } from '../host/repository/repository-key.js'

/** The work tree that a call comes from, and the repository that it belongs to. */
export interface PlaceHere {
  readonly checkout: Checkout
  /** With the key in force, by which all hosts call it. */
  readonly repository: RepositoryKey
  /** The key that this work tree has by itself. */
  readonly ownKey: string
  readonly enrolled: boolean
  /** As it stands in a claim: which tree of which host, on which branch, from which commit. */
  readonly where: { readonly checkout: string; readonly branch?: string; readonly base?: string }
}

/** What this host coordinates under a key in force: several entries where its work trees have several keys. */
export const enrolledAs = ({ enrolment, replica }: Host, key: string): Enrolled[] =>
  [...enrolment.repositories.values()].filter(entry => replica.view.repositories.same(entry.key, key))

/** `NO_REPOSITORY` where there is none. Writes nothing; `mayWrite` lets a key of last resort be made. */
export const repositoryHere = async (host: Host, cwd: string, mayWrite = false): Promise<Result<PlaceHere>> => {
  const checkout = findCheckout(cwd)
  if (!checkout.ok) return checkout
  const randomBytes = mayWrite ? host.adapters.random.bytes(16) : null
  const repository = await repositoryKey(checkout.value, { links: host.enrolment.links, randomBytes })
  if (!repository.ok) return repository
  const { root, branch, base } = checkout.value
  const where = {
    checkout: checkoutName(host.adapters.crypto, host.replica.hostId, root),
    ...(branch === null ? {} : { branch }),
    ...(base === null ? {} : { base })
  }
  const { key: ownKey } = repository.value
  const key = host.replica.view.repositories.nameOf(ownKey)
  return success({ checkout: checkout.value, repository: { ...repository.value, key }, ownKey, enrolled: host.enrolment.repositories.has(ownKey), where })
}
