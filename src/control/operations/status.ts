import { z } from 'zod'
import { stateOf } from '../../core/coordination/claims/claim.js'
import type { Owed } from '../../core/coordination/delivery/delivery.js'
import type { Damage } from '../../core/replica/reception/restoring.js'
import { LIMITS } from '../../core/limits.js'
import { authorParts, keyOf } from '../../core/replication/author.js'
import type { Host } from '../../host/host.js'
import { directiveSchema, liveDirectives } from '../directives.js'
import { doubtRow, doubtSchema } from '../doubt.js'
import { forkRows, forkSchema, parallelRows, parallelSchema } from '../forks.js'
import { fenceRemedy } from '../fence.js'
import { hostRows, hostRowSchema } from '../hosts.js'
import { crossingWarning } from '../notices.js'
import { lackingOf, lackingSchema } from '../lacking.js'
import { operation, type OperationContext } from '../operation.js'
import { repositoryHere } from '../place.js'
import { settledData, settledSchema } from '../passing/settled.js'
import { policiesInForce, policyRow, policySchema } from '../policies.js'
import { reachOf } from '../reach.js'
import { refusalRows, refusalRowSchema } from '../refusals.js'
import { untoldTwins } from '../twins.js'
import { droppedRows, droppedSchema, withheldRows, withheldSchema } from '../withheld.js'
import { deadlockRow, deadlocksNow, deadlockSchema } from '../waiting/deadlocks.js'
import { waitsAround, waitSchema } from '../waiting/waiters.js'
import { iso, shownHostId } from '../words.js'

const owedSchema = z.object({ count: z.number().int(), oldest: z.string().nullable(), oldest_ms: z.number().int().nullable() })

const data = z.object({
  /** Null: no daemon runs here, and this answer comes straight from the store. */
  daemon: z.object({ pid: z.number().int(), since: z.string(), listening: z.string().nullable() }).nullable(),
  host: z.string(),
  host_id: z.string(),
  session: z.string(),
  mesh: z.string(),
  mesh_id: z.string(),
  repository: z.object({ key: z.string(), from: z.string(), enrolled: z.boolean() }).nullable(),
  tempo: z.literal('normal'),
  hosts: z.array(hostRowSchema),
  /** Live claims: of the asking session, of everybody, and pairs that overlap, whoever holds them. */
  claims: z.object({ mine: z.number().int(), total: z.number().int(), overlapping: z.number().int().describe('crossings of my claims with those of others'), settled: z.number().int().describe('of these, by the word of one of the two') }),
  /** The first of the asking session's own claims, crossed ones first. */
  mine: z.array(z.object({ claim: z.string(), scope: z.array(z.string()), reason: z.string().nullable(), until: z.string() })),
  /** Wanted answers that the asking session owes, and that it waits for. */
  owe: owedSchema,
  owed: owedSchema,
  /** Of operators, that stand: they come before everything else. */
  directives: z.array(directiveSchema),
  /** What operators set and is in force, the latest first. */
  policies: z.array(policySchema),
  /** Overlaps of the asking session's own live claims. */
  crossings: z.array(z.object({ claim: z.string(), mine: z.string(), lead: z.string(), witness: z.string(), same_tree: z.boolean(), host: z.string(), session: z.string(), settled: settledSchema.nullable(), text: z.string() })),
  /** Waits that the asking session stands in, and those of others for what it holds. */
  waits: z.object({ mine: z.array(waitSchema), for_me: z.array(waitSchema) }),
  /** Sessions on any host that wait for each other in a circle, each with who should give way. */
  deadlocks: z.array(deadlockSchema),
  records: z.number().int(),
  /** History behind the newest snapshots that is not here: not fetched yet, or given up when the disk was short. Nothing that counts depends on it. */
  history_lacking: lackingSchema,
  /** Records that stand in a log and say nothing that can be read. */
  invalid: z.number().int(),
  /** What was refused since start, by code and by whom it came from; the newest of each in words. */
  refusals: z.array(refusalRowSchema),
  /** What the store should have held at start and did not; `mended` where a peer has given it back since. */
  damage: z.array(z.object({ what: z.string(), host: z.string().nullable(), epoch: z.number().int().nullable(), seq: z.number().int().nullable(), mended: z.boolean() })),
  /** Why nothing is written any more; null when writing goes on. */
  fenced: z.object({ code: z.string(), reason: z.string() }).nullable(),
  /** Where the store lies: bytes free, below which this is worth a warning, and below which nothing is written. Free is null where it cannot be told. */
  disk: z.object({ free_bytes: z.number().int().nullable(), low_bytes: z.number().int(), least_bytes: z.number().int() }),
  /** What was last found to be wrong with the own log as this store held it, whenever that was; null: nothing ever. */
  doubt: doubtSchema.nullable(),
  /** The own log's present epoch; null until this host has written something. */
  epoch: z.number().int().nullable(),
  /** Epochs that count for nothing because two signed histories of them were shown. */
  forked: z.array(forkSchema),
  /** Hosts whose key is written on in two places at once: a home that was copied. */
  parallel: z.array(parallelSchema),
  /** Epochs whose claims are in no view, and may stand all the same. */
  withheld: z.array(withheldSchema),
  /** What counted once and fell off when an act named an earlier head of its log. */
  dropped: z.array(droppedSchema),
  clock: z.object({ offset_ms: z.number().int() })
})

export type StatusData = z.infer<typeof data>

const counted = (owed: readonly Owed[]): z.infer<typeof owedSchema> => {
  const [oldest] = owed
  return { count: owed.length, oldest: oldest === undefined ? null : iso(oldest.entry.wall), oldest_ms: oldest === undefined ? null : oldest.ageMs }
}

const crossingsOf = (context: OperationContext): StatusData['crossings'] => {
  const { host, session, meshNow } = context
  return host.replica.view.claims.crossings(meshNow, { host: host.replica.hostId, session }).map(crossing => {
    const { text, details } = crossingWarning(context, crossing, meshNow)
    return { claim: String(details.claim), mine: String(details.mine), lead: String(details.lead), witness: crossing.witness, same_tree: crossing.class === 'same-tree', host: String(details.host), session: String(details.session), settled: settledData(host.replica.view, crossing.resolutions), text }
  })
}

const MINE = 8

const mineOf = ({ host, session, meshNow }: OperationContext, crossings: StatusData['crossings']): StatusData['mine'] => {
  const { claims } = host.replica.view
  const live = claims.ofSession(host.replica.hostId, session, meshNow).filter(claim => stateOf(claim, meshNow) === 'live')
  const crossed = new Set(crossings.map(({ mine }) => mine))
  const rows = live.map(claim => ({ claim: host.replica.view.shortId(claim.entry), scope: [...claim.scope], reason: claim.reason, until: iso(claim.until) }))
  return [...rows.filter(({ claim }) => crossed.has(claim)), ...rows.filter(({ claim }) => !crossed.has(claim))].slice(0, MINE)
}

const damageRow = (host: Host, { what, author, seq }: Damage): StatusData['damage'][number] => {
  if (author === null) return { what, host: null, epoch: null, seq, mended: false }
  const log = host.replica.logs.get(author)
  const mended = seq !== null && log !== null && log.chain.holds(seq)
  return { what, host: host.nameOf(keyOf(author)), epoch: authorParts(author).epoch.counter, seq, mended }
}

/** What is wrong with this host's store and with what came: the one source of `status` and `doctor`. */
export const troubleOf = (host: Host): Pick<StatusData, 'refusals' | 'damage' | 'fenced' | 'doubt' | 'epoch' | 'forked' | 'parallel' | 'invalid'> => {
  const { replica } = host
  return {
    invalid: replica.view.invalid().length,
    refusals: refusalRows(host),
    damage: replica.damage.map(damage => damageRow(host, damage)),
    fenced: replica.fenced,
    doubt: doubtRow(host),
    epoch: replica.author === null ? null : authorParts(replica.author).epoch.counter,
    forked: forkRows(host),
    parallel: parallelRows(host)
  }
}

const nextSteps = (host: Host, { fenced, damage }: Pick<StatusData, 'fenced' | 'damage'>): string[] => {
  if (fenced !== null) return fenceRemedy(host)
  if (host.daemonSince === null) return ['skein up']
  return damage.some(({ mended }) => !mended) ? ['skein verify'] : []
}

/** One screen of what stands, from the own store: who is heard, what is claimed, who owes whom, and what is wrong. Nothing is marked as told by it. */
export const status = operation({
  name: 'status',
  args: z.object({}),
  data,
  tells: false,
  tellsFence: true,
  run: async context => {
    // how many claims are held is said here too
    await context.host.caughtUp()
    const { host, session, meshNow, cwd } = context
    const { replica } = host
    const place = await repositoryHere(host, cwd)
    const listening = host.network?.listening ?? null
    const live = replica.view.claims.live(meshNow)
    const reach = reachOf(host)
    const actor = { host: replica.hostId, session }
    const crossings = crossingsOf(context)
    const trouble = troubleOf(host)
    return {
      ok: true,
      data: {
        daemon: host.daemonSince === null ? null : { pid: process.pid, since: iso(host.daemonSince), listening: listening === null ? null : `${listening.host}:${listening.port}` },
        host: host.nameOf(replica.key),
        host_id: shownHostId(replica.hostId),
        session,
        mesh: host.settings.meshName,
        mesh_id: host.settings.mesh,
        repository: place.ok ? { key: place.value.repository.key, from: place.value.repository.from, enrolled: place.value.enrolled } : null,
        tempo: 'normal' as const,
        hosts: hostRows(host),
        claims: {
          mine: live.filter(claim => claim.host === replica.hostId && claim.session === session).length,
          total: live.length,
          overlapping: crossings.length,
          settled: crossings.filter(({ settled }) => settled !== null).length
        },
        mine: mineOf(context, crossings),
        owe: counted(replica.view.deliveries.owing(actor, reach)),
        owed: counted(replica.view.deliveries.owed(actor, reach)),
        directives: liveDirectives(context),
        policies: policiesInForce(host, meshNow).map(policy => policyRow(host, policy)),
        crossings,
        waits: waitsAround(host, session, meshNow),
        deadlocks: deadlocksNow(host).slice(0, LIMITS.holdersListed).map(deadlock => deadlockRow(host, session, deadlock)),
        records: replica.view.count,
        history_lacking: lackingOf(host, null),
        ...trouble,
        withheld: withheldRows(host),
        dropped: droppedRows(host),
        disk: { free_bytes: await host.runtime.freeBytes(), low_bytes: LIMITS.diskLowBytes, least_bytes: LIMITS.diskFreeMinBytes },
        clock: { offset_ms: replica.offsetMs }
      },
      warnings: untoldTwins(context, null, true),
      next: nextSteps(host, trouble)
    }
  }
})
