import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { resolveAddressee } from '../addressees.js'
import { operation } from '../operation.js'
import { claimNamed, isMine, notHolder } from '../passing/named.js'
import { saidData, saidSchema } from '../talk/speech.js'

const data = saidSchema.extend({ claim: z.string().describe('what is offered'), offered: z.array(z.string()).describe('what it covers') })

export type HandData = z.infer<typeof data>

/** Offers a claim of the caller's to somebody; until one of those asked takes it, it stays what it is. */
export const hand = operation({
  name: 'hand',
  args: z.object({ id: z.string(), to: z.string(), text: z.string().optional() }),
  data,
  tells: true,
  run: async (context, { id, to, text }) => {
    const { host, session } = context
    const { view } = host.replica
    const claim = claimNamed(context, id)
    if (!claim.ok) return claim
    const shown = view.shortId(claim.value.entry)
    if (!isMine(context, claim.value)) return notHolder(context, claim.value, { command: `skein hand ${shown} ${to}`, does: 'hands it on', field: 'id' })
    const addressee = resolveAddressee(context, to, `skein hand ${shown}`)
    if (!addressee.ok) return addressee
    const expires = Math.max(claim.value.until, host.meshNow() + LIMITS.offerMs)
    const fields = { to: addressee.value, claims: [claim.value.id], ack: true, implicit: true, expires, ...(text === undefined ? {} : { text }) }
    const written = await host.write(session, [{ kind: 'offer', fields }])
    if (!written.ok) return written
    const entry = written.value[0] === undefined ? null : view.record(written.value[0].id)
    if (entry === null) throw new Error('a record that was written is not in the view')
    return {
      ok: true,
      data: { ...saidData(context, entry), claim: shown, offered: [...claim.value.scope] },
      ...(claim.value.repo === '' ? {} : { repositories: [claim.value.repo] })
    }
  }
})
