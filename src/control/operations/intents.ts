import { z } from 'zod'
import { sameActor } from '../../core/coordination/claims/actor.js'
import { authorText, isKindOf, type Entry } from '../../core/coordination/records/entry.js'
import { quoted } from '../../core/coordination/records/visible.js'
import type { View } from '../../core/coordination/view.js'
import { LIMITS } from '../../core/limits.js'
import type { Warning } from '../envelope.js'
import { operation, type OperationContext } from '../operation.js'
import { repositoryHere } from '../place.js'
import { recordData, recordSchema } from '../record-data.js'
import { saidData, saidSchema, say, speechArgs } from '../talk/speech.js'

const data = saidSchema.extend({
  concurrent: z.array(recordSchema).describe('intents of other sessions in the last ten minutes, newest first'),
  warning: z.string().nullable().describe('the newest three of them in words')
})

export type IntentData = z.infer<typeof data>

const repoOf = ({ repositories }: View, entry: Entry): string | null => {
  const repo = isKindOf(entry, 'intent') ? (entry.parsed.record.fields.repo ?? null) : null
  return repo === null ? null : repositories.nameOf(repo)
}

/** A session that is not known is another; a parent and its subagents are one; an intent without a repository may mean any. */
const concurrentWith = ({ host, session, meshNow }: OperationContext, own: Entry): Entry[] => {
  const { view, hostId } = host.replica
  const found: Entry[] = []
  const repo = repoOf(view, own)
  for (const entry of view.ofKind('intent')) {
    if (entry.id === own.id || entry.session === null) continue
    const isRecent = Math.abs(meshNow - entry.wall) <= LIMITS.intentConcurrentMs
    const isElsewhere = repo !== null && ![repo, null].includes(repoOf(view, entry))
    if (!isRecent || isElsewhere || sameActor({ host: hostId, session }, { host: entry.host, session: entry.session })) continue
    if (!view.deliveries.withdrawn(entry)) found.push(entry)
  }
  return found.sort((left, right) => right.wall - left.wall || right.count - left.count || (left.id < right.id ? -1 : 1))
}

const warningOf = ({ host, meshNow }: OperationContext, concurrent: readonly Entry[]): Warning[] => {
  if (concurrent.length === 0) return []
  const { view } = host.replica
  const lines = concurrent.slice(0, LIMITS.intentsListed).map(entry => {
    const text = isKindOf(entry, 'intent') ? entry.parsed.record.fields.text : ''
    const minutes = Math.floor(Math.max(0, meshNow - entry.wall) / 60_000)
    return `${authorText(entry, view.names())} ${minutes} min ago: ${quoted(text, LIMITS.intentShownChars)}`
  })
  const more = concurrent.length > lines.length ? `; and ${concurrent.length - lines.length} more: skein intents` : ''
  const text = `${concurrent.length === 1 ? 'another session' : `${concurrent.length} other sessions' plans`} at the same time: ${lines.join('; ')}${more}`
  return [{ code: 'INTENT_CONCURRENT', text, details: { intents: concurrent.map(entry => view.shortId(entry)) } }]
}

/** Says what the session is about to do, and answers with what others said that they are about to do. Equal texts stay two records. */
export const intent = operation({
  name: 'intent',
  args: z.object({ ...speechArgs, to: z.string().optional(), tags: z.array(z.string()).optional() }),
  data,
  tells: true,
  run: async (context, { tags, ...rest }) => {
    const { host, cwd } = context
    const place = rest.scope === undefined || rest.scope.length === 0 ? await repositoryHere(host, cwd) : null
    const repo = place?.ok === true && place.value.enrolled ? { repo: place.value.repository.key } : {}
    const fields = { ...repo, ...(tags === undefined || tags.length === 0 ? {} : { tags }) }
    const said = await say(context, { ...rest, kind: 'intent', command: 'skein intent', fields })
    if (!said.ok) return said
    const { entry, warnings } = said.value
    const concurrent = concurrentWith(context, entry)
    const told = warningOf(context, concurrent)
    return {
      ok: true,
      data: {
        ...saidData(context, entry),
        concurrent: concurrent.map(each => recordData(host, each)),
        warning: told[0]?.text ?? null
      },
      warnings: [...warnings, ...told]
    }
  }
})

const listed = z.object({ intents: z.array(recordSchema.extend({ age_ms: z.number().int() })).describe('newest first') })

export type IntentsData = z.infer<typeof listed>

/** What everybody said that they are about to do. */
export const intents = operation({
  name: 'intents',
  args: z.object({ since: z.number().optional().describe('wall clock in ms; a day ago when left out'), limit: z.number().int().positive().optional() }),
  data: listed,
  tells: false,
  run: async ({ host, meshNow }, { since, limit = 50 }) => {
    const { view } = host.replica
    const from = since === undefined ? meshNow - LIMITS.sessionRecentMs : host.replica.meshTime(since)
    const recent = view.timeline.select({ kinds: ['intent'], since: from }).filter(entry => !view.deliveries.withdrawn(entry))
    const newest = recent.toReversed().slice(0, limit)
    return { ok: true, data: { intents: newest.map(entry => ({ ...recordData(host, entry), age_ms: Math.max(0, Math.round(meshNow - entry.wall)) })) } }
  }
})

