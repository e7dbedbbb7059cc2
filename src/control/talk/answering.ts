import type { Addressee } from '../../core/coordination/records/addressee.js'
import { recipientsOf } from '../../core/coordination/records/addressee.js'
import type { Entry } from '../../core/coordination/records/entry.js'
import { failure, success, type Result } from '../../core/result.js'
import { addresseeText } from '../addressees.js'
import type { OperationContext } from '../operation.js'
import { addresseeOf } from '../record-data.js'

const whom = ({ host }: OperationContext, to: Addressee): string => addresseeText(host, to)

/**
 * Whether this session may give the answer that was asked for: any session of an asked host may (a host speaks for its sessions), except
 * the one whose words they are. `NOT_ADDRESSED` says whom it was for.
 */
export const mayAnswer = (context: OperationContext, entry: Entry): Result<true> => {
  const { host, session } = context
  const id = host.replica.view.shortId(entry)
  if (entry.host === host.replica.hostId && entry.session === session) {
    return failure('NOT_ADDRESSED', `${id} is this session's own word; who it was said to answers it`, { field: 'id', next: [`skein show ${id}`] })
  }
  const to = addresseeOf(entry)
  if (to === null) return failure('NOT_ADDRESSED', `${id} is addressed to nobody, so no answer is waited for`, { field: 'id', next: [`skein show ${id}`, `skein answer ${id} TEXT`] })
  if (recipientsOf(to).some(recipient => recipient.host === host.replica.hostId)) return success(true)
  return failure('NOT_ADDRESSED', `${id} is addressed to ${whom(context, to)}, not to this host`, { field: 'id', details: { to: whom(context, to) }, next: [`skein answer ${id} TEXT`] })
}
