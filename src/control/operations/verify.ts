import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { AuthorId } from '../../core/brand.js'
import { authorParts, keyOf } from '../../core/replication/author.js'
import type { Host } from '../../host/host.js'
import { auditStore, type StoreAudit } from '../../host/store-audit.js'
import type { Warning } from '../envelope.js'
import { operation } from '../operation.js'
import { refusalRows, refusalRowSchema } from '../refusals.js'

const data = z.object({
  /** Nothing was found. */
  sound: z.boolean(),
  /** Signed frames that were looked at, acts, and proofs that an author forked. */
  frames: z.number().int(),
  acts: z.number().int(),
  proofs: z.number().int(),
  authors: z.array(
    z.object({
      host: z.string(),
      epoch: z.number().int(),
      frames: z.number().int(),
      first: z.number().int(),
      last: z.number().int(),
      /** Frames of its history that are not here: not fetched yet, or given up when the disk was short. No damage. */
      lacking: z.number().int(),
      records: z.number().int(),
      /** The last frame that counts: all before it are there and follow each other. −1: none. */
      head: z.number().int(),
      head_hash: z.string(),
      /** Since this frame its author's payloads break the rules and count for nothing, until its next snapshot. */
      void_since: z.number().int().nullable(),
      forked: z.boolean(),
      /** What the roster says of it. */
      admitted: z.string()
    })
  ),
  /** What is not as it was written: which frame of whom, and what is wrong. */
  damage: z.array(z.object({ code: z.string(), what: z.string(), host: z.string().nullable(), epoch: z.number().int().nullable(), seq: z.number().int().nullable() })),
  /** Records whose value says nothing; each is only itself shown as such. */
  invalid: z.array(z.object({ host: z.string(), id: z.string(), reason: z.string() })),
  /** What peers sent since start and this host did not take. None of it is in the store. */
  refusals: z.array(refusalRowSchema)
})

export type VerifyData = z.infer<typeof data>

const placeOf = (host: Host, author: AuthorId | null): { host: string | null; epoch: number | null } =>
  author === null ? { host: null, epoch: null } : { host: host.nameOf(keyOf(author)), epoch: authorParts(author).epoch.counter }

const withoutIds = (text: string): string => text.replace(/ ?(of )?[0-9a-f]{64}\/[0-9a-f]{24}/g, '')

const describe = (host: Host, audit: StoreAudit): VerifyData => {
  const { replica } = host
  return {
    sound: audit.findings.length === 0,
    frames: audit.frames,
    acts: audit.acts,
    proofs: audit.proofs,
    authors: audit.logs.map(({ author, frames, first, last, lacking, records, headSeq, headHash, voidSince }) => ({
      host: host.nameOf(keyOf(author)),
      epoch: authorParts(author).epoch.counter,
      frames,
      first,
      last,
      lacking,
      records,
      head: headSeq,
      head_hash: headHash,
      void_since: voidSince,
      forked: replica.logs.isForked(author),
      admitted: replica.acts.roster().admits(keyOf(author)).state
    })),
    damage: audit.findings.map(({ code, what, author, seq }) => ({ code, what: withoutIds(what), ...placeOf(host, author), seq })),
    invalid: replica.view.invalid().map(({ hostKey, id, reason }) => ({ host: host.nameOf(hostKey), id, reason })),
    refusals: refusalRows(host)
  }
}

const warningsFor = ({ damage, authors, refusals }: VerifyData): Warning[] => {
  const warnings: Warning[] = []
  const warn = (code: string, count: number, text: string): void => {
    if (count > 0) warnings.push({ code, text, details: { count } })
  }
  warn('VERIFY_FAILED', damage.length, `${damage.length} ${damage.length === 1 ? 'thing' : 'things'} in the store ${damage.length === 1 ? 'is' : 'are'} not what was written; a linked peer gives back what it holds`)
  const forked = authors.filter(author => author.forked)
  warn('AUTHOR_FORKED', forked.length, `signed two histories, so that neither counts: ${forked.map(({ host, epoch }) => `${host}, epoch ${epoch}`).join('; ')}`)
  const broken = authors.filter(author => author.void_since !== null)
  warn('AUTHOR_VOID', broken.length, `wrote what breaks the rules, so that nothing counts since: ${broken.map(({ host, epoch, void_since }) => `${host}, epoch ${epoch}, frame ${void_since ?? 0}`).join('; ')}`)
  const refused = refusals.reduce((sum, { count }) => sum + count, 0)
  warn('REFUSED', refused, `${refused} ${refused === 1 ? 'thing' : 'things'} that peers sent since start ${refused === 1 ? 'was' : 'were'} refused; nothing of it is in the store`)
  return warnings
}

/** Walks the whole store and checks every signature, which a start does not: exit 1 when anything is not what was written. */
export const verify = operation({
  name: 'verify',
  args: z.object({}),
  data,
  tells: false,
  run: async ({ host }) => {
    const audit = await auditStore({ crypto: host.adapters.crypto, mesh: host.replica.mesh }, host.runtime.scanStored(), () => setImmediate())
    // what is damaged in the past no start reads: peers are asked for it from now on
    for (const { author, seq } of audit.findings) if (author !== null && seq !== null) host.runtime.feed({ type: 'pastDamaged', author, seq })
    const found = describe(host, audit)
    return { ok: true, data: found, warnings: warningsFor(found), next: found.sound ? [] : ['skein status'], exit: found.sound ? 0 : 1 }
  }
})
