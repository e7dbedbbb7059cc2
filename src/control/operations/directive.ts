import { z } from 'zod'
import { areasOf } from '../../core/coordination/membership/area.js'
import type { Directive } from '../../core/coordination/membership/directives.js'
import { overriding } from '../../core/coordination/policy/directive.js'
import { LIMITS } from '../../core/limits.js'
import { failure } from '../../core/result.js'
import { directiveMeant, directiveRow, directiveSchema } from '../directives.js'
import { operation, type OperationContext } from '../operation.js'
import { scopeHere } from '../scopes.js'
import { claimData, claimSchema } from '../words.js'

const settingData = z.object({ text: z.string(), repository: z.string().nullable(), scope: z.array(z.string()).nullable() })

export type DirectiveSetting = z.infer<typeof settingData>

/** What an operator's act will say to everybody: checked, with canonical scopes. The operator signs it in a process of its own. */
export const directiveSetting = operation({
  name: 'directive-setting',
  args: z.object({ text: z.string(), scope: z.array(z.string()).max(LIMITS.patternsPerClaim) }),
  data: settingData,
  tells: false,
  run: async (context, { text, scope }) => {
    if (text.trim() === '') return failure('FIELD_MISSING', 'a directive needs a text', { field: 'text', next: ['skein directive TEXT'] })
    const characters = Array.from(text).length
    if (characters > LIMITS.directiveChars) return failure('TOO_LARGE', `a directive has at most ${LIMITS.directiveChars} characters; this one has ${characters}`, { field: 'text' })
    if (scope.length === 0) return { ok: true, data: { text, repository: null, scope: null } }
    const here = await scopeHere(context, scope)
    return here.ok ? { ok: true, data: { text, repository: here.value.repo, scope: [...here.value.scope] } } : here
  }
})

const CLAIMS_SHOWN = 32

const findData = z.object({
  directive: directiveSchema,
  /** Live claims whose place it takes on something of their scope; at most 32. */
  overridden: z.array(claimSchema),
  overridden_count: z.number().int()
})

export type DirectiveFound = z.infer<typeof findData>

const overriddenBy = ({ host, meshNow }: OperationContext, directive: Directive) => {
  const { claims } = host.replica.view
  const items = areasOf(directive).map(({ repo, item }) => ({ repo: repo ?? '', item }))
  const among = items.every(({ item }) => item !== null)
    ? items.flatMap(({ repo, item }) => claims.overlapping({ repo, scope: [item ?? ''], mode: 'exclusive' }, meshNow).map(({ claim }) => claim))
    : claims.live(meshNow)
  const found = among.filter(claim => overriding([directive], claim.scope.map(item => ({ repo: claim.repo, item })), meshNow).length > 0)
  return [...new Map(found.map(claim => [claim.id, claim])).values()]
}

/** Which directive a person means, how far it has come, and the claims whose place it takes. */
export const directiveFind = operation({
  name: 'directive-find',
  args: z.object({ id: z.string().max(80) }),
  data: findData,
  tells: false,
  run: async (context, { id }) => {
    const { host, session } = context
    const found = directiveMeant(host, id)
    if (!found.ok) return found
    const claims = overriddenBy(context, found.value)
    const from = { host: host.replica.hostId, session, where: null }
    return { ok: true, data: { directive: directiveRow(context, found.value), overridden: claims.slice(0, CLAIMS_SHOWN).map(claim => claimData(host, claim, context.meshNow, from)), overridden_count: claims.length } }
  }
})
