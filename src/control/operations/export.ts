import { z } from 'zod'
import type { AuthorId } from '../../core/brand.js'
import type { VerifiedAct } from '../../core/coordination/membership/act.js'
import { accepts } from '../../core/coordination/timeline/filter.js'
import type { Entry } from '../../core/coordination/records/entry.js'
import { GENERATION } from '../../core/domain.js'
import { LIMITS } from '../../core/limits.js'
import { failure } from '../../core/result.js'
import { frameTime } from '../../host/history.js'
import { exportPage, type ExportedFrame, type ExportPlace } from '../../host/export.js'
import type { Host } from '../../host/host.js'
import { missing } from '../../host/telling.js'
import { historyOf, missingWarnings } from '../history.js'
import { operation } from '../operation.js'
import { filterArgs, filterOf } from '../record-filter.js'
import { iso } from '../words.js'

/** Version of the lines (docs/export.md). */
const FORMAT = 1

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/)

const meshLine = z.object({
  type: z.literal('mesh'),
  format: z.literal(FORMAT),
  generation: z.number().int(),
  mesh: z.string().describe('its id: the hash of the genesis act that follows'),
  whole: z.boolean().describe('false: only frames with a record that was asked for')
})

const actLine = z.object({
  type: z.literal('act'),
  act: z.string(),
  kind: z.string(),
  signer: z.string(),
  at: z.string().describe('as its signer states it'),
  says: z.record(z.string(), z.unknown()).nullable().describe('its body, as far as this version reads it'),
  bytes: base64.describe('the act, signature included')
})

const exportedRecord = z.object({
  record: z.string(),
  at: z.string().describe('mesh time of the writing, as its author states it'),
  content: z.unknown().describe('the record; null where its text says more, or less, than a JSON value shows'),
  raw: z.string().nullable().describe('its text byte for byte, where content is null')
})

const frameLine = z.object({
  type: z.literal('frame'),
  host: z.string().describe('as the act that let it in names it'),
  author: z.string().describe('key and epoch'),
  seq: z.number().int(),
  kind: z.enum(['update', 'snapshot', 'unknown']),
  part: z.number().int(),
  parts: z.number().int(),
  at: z.string(),
  records: z.array(exportedRecord).describe('what it says; of a snapshot in several parts all of them together'),
  hash: z.string(),
  header: base64.describe('what is signed'),
  signature: base64,
  payload: base64
})

export const exportLineSchema = z.discriminatedUnion('type', [meshLine, actLine, frameLine])

export type ExportLine = z.infer<typeof exportLineSchema>

const data = z.object({ lines: z.array(exportLineSchema), next: z.string().nullable().describe('where the next page begins; null: this was the last') })

export type ExportData = z.infer<typeof data>

const bytesText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The text as a JSON value, where that says it exactly: what skein writes itself does. */
const contentOf = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : null
  } catch {
    return null
  }
}

const recordLine = ({ id, wall, text }: Entry): z.infer<typeof exportedRecord> => {
  const content = contentOf(text)
  return { record: id, at: iso(wall), content, raw: content === null ? text : null }
}

const frameText = ({ frame, member, entries }: ExportedFrame, hash: string): ExportLine => {
  const { header } = frame
  return {
    type: 'frame',
    host: member.name,
    author: header.author,
    seq: header.seq,
    kind: header.kind,
    part: header.part,
    parts: header.parts,
    at: iso(frameTime(header)),
    records: entries.map(recordLine),
    hash,
    header: bytesText(frame.headerBytes),
    signature: bytesText(frame.signature),
    payload: bytesText(frame.payload)
  }
}

const actText = ({ id, kind, signer, stamp, content, bytes }: VerifiedAct): ExportLine => ({
  type: 'act',
  act: id,
  kind,
  signer,
  at: iso(stamp.wall),
  says: content === null ? null : { ...content.body },
  bytes: bytesText(bytes)
})

/** The genesis, which makes the mesh, then the others by id. */
const actsOf = (host: Host): VerifiedAct[] => {
  const { acts, mesh } = host.replica
  const all = acts.ids().flatMap(id => acts.get(id) ?? [])
  const isGenesis = ({ id }: VerifiedAct): boolean => (id as string) === (mesh as string)
  return [...all.filter(isGenesis), ...all.filter(act => !isGenesis(act))]
}

/** `acts.<count>` or `frames.<author>.<seq>`. */
const readPlace = (text: string): { readonly acts: number; readonly frames: ExportPlace | null } | null => {
  const [, acts] = /^acts\.(\d{1,6})$/.exec(text) ?? []
  if (acts !== undefined) return { acts: Number(acts), frames: null }
  const [, author, seq] = /^frames\.([0-9a-f]{64}\/[0-9a-f]{24})\.(\d{1,16})$/.exec(text) ?? []
  return author === undefined ? null : { acts: Number.POSITIVE_INFINITY, frames: { author: author as AuthorId, seq: Number(seq) } }
}

/**
 * Everything signed that this host holds of those that count, as it lies on the disk, with the records that are read from it: enough to check
 * each line without skein (docs/export.md). In pages; the first begins with the acts.
 */
export const exported = operation({
  name: 'export',
  args: z.object({ ...filterArgs, after: z.string().max(128).optional().describe('`next` of the answer before') }),
  data,
  tells: false,
  renewsLeases: false,
  run: async (context, given) => {
    const { host } = context
    const place = given.after === undefined ? { acts: 0, frames: null } : readPlace(given.after)
    if (place === null) return failure('FIELD_INVALID', 'after takes what an answer before gave as next', { field: 'after' })
    const filter = await filterOf(context, { ...given, all: true }, 'skein export')
    if (!filter.ok) return filter
    const isWhole = [given.kinds, given.scope, given.since, given.until].every(each => each === undefined)
    const lines: ExportLine[] = place.acts === 0 ? [{ type: 'mesh', format: FORMAT, generation: GENERATION, mesh: host.replica.mesh, whole: isWhole }] : []
    let taken = 0
    for (const [index, act] of actsOf(host).entries()) {
      if (index < place.acts) continue
      if (taken > LIMITS.exportBytes) return { ok: true, data: { lines, next: `acts.${index}` } }
      taken += act.bytes.length
      lines.push(actText(act))
    }
    if (taken > 0) return { ok: true, data: { lines, next: FRAMES } }
    const page = await exportPage(historyOf(host), place.frames, isWhole ? null : accepts(filter.value))
    const { crypto } = host.adapters
    lines.push(...page.frames.map(each => frameText(each, Buffer.from(crypto.sha256(each.frame.headerBytes)).toString('hex'))))
    const next = page.next === null ? null : `frames.${page.next.author}.${page.next.seq}`
    return { ok: true, data: { lines, next }, warnings: next === null ? missingWarnings(host, await missing(historyOf(host), { since: filter.value.since })) : [] }
  }
})

/** Every author's name lies behind this one. */
const FRAMES = `frames.${'0'.repeat(64)}/${'0'.repeat(24)}.0`
