import { z } from 'zod'
import { failure, success, type Result } from '../../core/result.js'
import type { Operator } from '../../core/coordination/membership/operators.js'
import type { Host } from '../../host/host.js'
import { operation } from '../operation.js'

export const operatorSchema = z.object({
  /** Its public key. */
  key: z.string(),
  /** Null for the one that founded the mesh. */
  name: z.string().nullable(),
  /** 1 ranks highest; only a higher-ranked operator revokes another. */
  rank: z.number().int(),
  revoked: z.boolean(),
  /** Its key lies in this home. */
  here: z.boolean()
})

const listData = z.object({ operators: z.array(operatorSchema), recovery: z.boolean().describe('whether the mesh has a recovery key') })

export type OperatorsData = z.infer<typeof listData>

const ownKey = async (host: Host): Promise<string | null> => {
  const read = await host.adapters.keys(host.paths.folder).operatorPublicKey()
  return read.ok ? Buffer.from(read.value).toString('hex') : null
}

/** Who may sign for the mesh, by rank. */
export const operatorList = operation({
  name: 'operator-list',
  args: z.object({}),
  data: listData,
  tells: false,
  run: async ({ host }) => {
    const roster = host.replica.acts.roster()
    const own = await ownKey(host)
    const operators = roster.operators.map(({ key, name, revoked }, index) => ({ key, name, rank: index + 1, revoked, here: key === own }))
    return { ok: true, data: { operators, recovery: roster.recovery !== null } }
  }
})

/** An operator by its name, where one alone has it, or by the beginning of its key. */
const operatorNamed = (operators: readonly Operator[], text: string): Result<Operator> => {
  const folded = text.toLowerCase()
  const found = operators.filter(({ name, key }) => name?.toLowerCase() === folded || (folded.length >= 8 && key.startsWith(folded)))
  const [one, another] = found
  if (one === undefined) return failure('NO_SUCH_HOST', `there is no operator "${text}" in this mesh`, { next: ['skein operator list'] })
  return another === undefined ? success(one) : failure('ADDRESSEE_AMBIGUOUS', `several operators may be meant by "${text}"`, { details: { candidates: found.map(({ key }) => key) } })
}

/** What an operator names when it revokes another: its key, and its acts that this host holds, which stay. */
export const operatorEnding = operation({
  name: 'operator-ending',
  args: z.object({ operator: z.string().max(80) }),
  data: z.object({ key: z.string(), name: z.string().nullable(), revoked: z.boolean(), acts: z.array(z.string()) }),
  tells: false,
  run: async ({ host }, { operator }) => {
    const { acts } = host.replica
    const found = operatorNamed(acts.roster().operators, operator)
    if (!found.ok) return found
    const { key, name, revoked } = found.value
    return { ok: true, data: { key, name, revoked, acts: [...acts.values()].filter(({ signer }) => (signer as string) === key).map(({ id }) => id) } }
  }
})
