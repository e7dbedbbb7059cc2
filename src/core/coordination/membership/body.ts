import type { ActId, Brand, Hash, HostKey, Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { DirectiveBody, PolicyBody, Whereabouts, WithdrawBody } from './decree.js'
import type { Field } from '../records/field.js'
import { repositoryKey, scope as scopeItems } from '../records/place.js'
import { line, millis, text as words } from '../records/values.js'

/** Raw Ed25519 public key of an operator as 64 lower-case hex digits. */
export type OperatorKey = Brand<string, 'OperatorKey'>
/** Public half of an invitation's throw-away key as 64 lower-case hex digits. */
export type InvitationKey = Brand<string, 'InvitationKey'>
/** Whoever signed an act, before it is known in which capacity. */
export type SignerKey = Brand<string, 'HostKey' | 'OperatorKey'>
/** An Ed25519 signature as 128 lower-case hex digits. */
export type SignatureHex = Brand<string, 'SignatureHex'>

/** The newest frame that stays of one epoch (24 hex digits) of a key. */
export interface NamedHead {
  readonly epoch: string
  readonly seq: number
  readonly hash: Hash
}

/** Founds a mesh: its first operator and its first host, which proves that it agrees. */
export interface GenesisBody {
  readonly name: string
  readonly operator: OperatorKey
  readonly host: { readonly key: HostKey; readonly name: string; readonly role: string }
  /** The host's signature over its joining statement (`joining.ts`), for the mesh that does not exist yet. */
  readonly proof: SignatureHex
  /** A key kept offline that ranks above all operators: it introduces and revokes operators, and signs nothing else that counts. */
  readonly recovery?: OperatorKey
}

/** `expires` is mesh time in milliseconds; `uses` counts hosts, not attempts. */
export interface InviteBody {
  readonly key: InvitationKey
  readonly role: string
  readonly uses: number
  readonly expires: Millis
  readonly ephemeral: boolean
  /** The one host that it is for: also how an operator lets in a host that is held back (rules B3). */
  readonly host?: HostKey
}

export interface CancelBody {
  readonly invite: ActId
}

/**
 * A member's word that this newcomer stood before it with a valid invitation. `key` repeats the invitation's key, so that both proofs can be
 * checked when the act is taken in, also where the invitation arrives later.
 */
export interface WitnessBody {
  readonly invite: ActId
  readonly key: InvitationKey
  readonly host: { readonly key: HostKey; readonly name: string }
  readonly byInvitation: SignatureHex
  readonly byHost: SignatureHex
}

export interface OperatorBody {
  readonly key: OperatorKey
  readonly name: string
}

/**
 * Written by the host itself (`skein leave`), or by a member for an ephemeral host that is gone. What its epochs hold up to these heads stays; an
 * epoch that is not named is out whole. About 1,000 heads fit into an act; `writeAct` says `TOO_LARGE` beyond.
 */
export interface RetireBody {
  readonly key: HostKey
  readonly heads: readonly NamedHead[]
}

export interface RevokedHost {
  readonly key: HostKey
  readonly heads: readonly NamedHead[]
}

/**
 * An operator ends keys of hosts, of lower-ranked operators, or both. What stays is said outright: of each host the heads of its epochs, and of all
 * of them the acts that the signer had seen. Naming them, rather than finding them through `seen`, keeps the answer the same where acts between are
 * not held.
 */
export interface RevokeBody {
  readonly hosts: readonly RevokedHost[]
  readonly operators: readonly OperatorKey[]
  /** Acts of the revoked, and rotations of the revoked hosts, that stay. */
  readonly acts: readonly ActId[]
  readonly reason: string
}

/** A host goes on with another key: signed by an operator, and inside by both keys (`rotation.ts`). `heads` and `acts` of the old key stay. */
export interface RotateBody {
  readonly old: HostKey
  readonly key: HostKey
  readonly heads: readonly NamedHead[]
  readonly acts: readonly ActId[]
  readonly byOld: SignatureHex
  readonly byNew: SignatureHex
  readonly reason?: string
}

/** From these heads on the host of this key has another role; what lies below them is read under the role that it had (rules B7). */
export interface RoleBody {
  readonly key: HostKey
  readonly role: string
  readonly heads: readonly NamedHead[]
}

/** What this version understands. All other kinds are kept and forwarded as they are. */
export type ActContent =
  | { readonly kind: 'genesis'; readonly body: GenesisBody }
  | { readonly kind: 'invite'; readonly body: InviteBody }
  | { readonly kind: 'cancel'; readonly body: CancelBody }
  | { readonly kind: 'witness'; readonly body: WitnessBody }
  | { readonly kind: 'operator'; readonly body: OperatorBody }
  | { readonly kind: 'retire'; readonly body: RetireBody }
  | { readonly kind: 'revoke'; readonly body: RevokeBody }
  | { readonly kind: 'rotate'; readonly body: RotateBody }
  | { readonly kind: 'role'; readonly body: RoleBody }
  | { readonly kind: 'policy'; readonly body: PolicyBody }
  | { readonly kind: 'directive'; readonly body: DirectiveBody }
  | { readonly kind: 'withdraw'; readonly body: WithdrawBody }

export type ActKind = ActContent['kind']

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const ROLE = /^[A-Za-z0-9_-]+$/

/**
 * Whether a text can name a host, mesh or operator: letters, digits, `.`, `_`, `-`, not `all`. Only ASCII, so that no name looks like another's,
 * and so that runtimes with different Unicode tables agree on which acts are valid.
 */
export const isName = (text: string): boolean => text.length <= LIMITS.nameChars && NAME.test(text) && text.toLowerCase() !== 'all'

/** Whether a text can be a role: 1 to 32 of `[A-Za-z0-9_-]`. */
export const isRole = (text: string): boolean => text.length <= LIMITS.roleChars && ROLE.test(text)

/** The value as its type, or null. Null is never a valid value. */
type Parse<Value> = (value: unknown) => Value | null

const text =
  (isValid: (text: string) => boolean): Parse<string> =>
  value =>
    typeof value === 'string' && isValid(value) ? value : null

const hex =
  <Branded extends string>(digits: number): Parse<Branded> =>
  value =>
    typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value) ? (value as Branded) : null

const whole =
  (least: number, most: number): Parse<number> =>
  value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most ? value : null

const flag: Parse<boolean> = value => (typeof value === 'boolean' ? value : null)

/** The value of a record's field. */
const read =
  <Value>(field: Field<Value>): Parse<Value> =>
  value => {
    const given = field.read(value)
    return given.ok ? given.value : null
  }

/** Fields that are not named are left alone: a newer minor may add some. */
const fields =
  <Body extends object>(parsers: { readonly [Field in keyof Body]-?: Parse<Body[Field]> }): Parse<Body> =>
  value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    const given = new Map<string, unknown>(Object.entries(value))
    const parsed = new Map<string, unknown>()
    for (const [field, parse] of Object.entries<Parse<unknown>>(parsers)) {
      const result = parse(given.get(field))
      if (result === null) return null
      parsed.set(field, result)
    }
    return Object.fromEntries(parsed) as Body
  }

/** A field that may be missing is left out of what `required` gives; one that is there must hold. */
const withOptional =
  <Body extends object, Field extends string, Value>(required: Parse<Body>, field: Field, parse: Parse<Value>): Parse<Body & { readonly [Name in Field]?: Value }> =>
  value => {
    const body = required(value)
    const given = body === null ? undefined : new Map<string, unknown>(Object.entries(value ?? {})).get(field)
    if (body === null || given === undefined) return body
    const result = parse(given)
    return result === null ? null : ({ ...body, [field]: result } as Body & { readonly [Name in Field]?: Value })
  }

/** A list in which nothing stands twice, as `nameOf` tells them apart. */
const listOf =
  <Item>(item: Parse<Item>, most: number, nameOf: (item: Item) => string): Parse<readonly Item[]> =>
  value => {
    if (!Array.isArray(value) || value.length > most) return null
    const parsed = value.map(item).filter(each => each !== null)
    return parsed.length === value.length && new Set(parsed.map(nameOf)).size === parsed.length ? parsed : null
  }

const anySafe = Number.MAX_SAFE_INTEGER
const name = text(isName)
const role = text(isRole)
const hostKey = hex<HostKey>(64)
const operatorKey = hex<OperatorKey>(64)
const invitationKey = hex<InvitationKey>(64)
const actId = hex<ActId>(64)
const signature = hex<SignatureHex>(128)
const head = fields<NamedHead>({ epoch: hex(24), seq: whole(0, anySafe), hash: hex<Hash>(64) })
const heads = listOf(head, LIMITS.epochsPerKey, ({ epoch }) => epoch)
const actIds = listOf(actId, LIMITS.actBytes / 64, id => id)
const reason = text(given => given.length <= LIMITS.reasonChars)

const genesis: Parse<GenesisBody> = withOptional(
  fields<Omit<GenesisBody, 'recovery'>>({ name, operator: operatorKey, host: fields<GenesisBody['host']>({ key: hostKey, name, role }), proof: signature }),
  'recovery',
  operatorKey
)
const invite: Parse<InviteBody> = withOptional(
  fields<Omit<InviteBody, 'host'>>({ key: invitationKey, role, uses: whole(1, LIMITS.invitationUses), expires: whole(1, anySafe), ephemeral: flag }),
  'host',
  hostKey
)
const cancel = fields<CancelBody>({ invite: actId })
const witness = fields<WitnessBody>({
  invite: actId,
  key: invitationKey,
  host: fields<WitnessBody['host']>({ key: hostKey, name }),
  byInvitation: signature,
  byHost: signature
})
const operator = fields<OperatorBody>({ key: operatorKey, name })
const retire = fields<RetireBody>({ key: hostKey, heads })
const revoke = fields<RevokeBody>({
  hosts: listOf(fields<RevokedHost>({ key: hostKey, heads }), LIMITS.revokedKeys, ({ key }) => key),
  operators: listOf(operatorKey, LIMITS.revokedKeys, key => key),
  acts: actIds,
  reason
})
const rotate: Parse<RotateBody> = withOptional(
  fields<Omit<RotateBody, 'reason'>>({ old: hostKey, key: hostKey, heads, acts: actIds, byOld: signature, byNew: signature }),
  'reason',
  reason
)
const roleChange = fields<RoleBody>({ key: hostKey, role, heads })
const POLICY_KEY = /^[a-z][a-z0-9-]{0,31}$/
const anywhere = <Body extends object>(body: Parse<Body>): Parse<Body & Whereabouts> => withOptional(withOptional(body, 'repo', read(repositoryKey)), 'scope', read(scopeItems))
const policy: Parse<PolicyBody> = withOptional(
  withOptional(anywhere(fields<Pick<PolicyBody, 'key'>>({ key: text(given => POLICY_KEY.test(given)) })), 'value', read(line(LIMITS.policyValueChars))),
  'expires',
  read(millis)
)
const directive: Parse<DirectiveBody> = withOptional(
  withOptional(anywhere(fields<Pick<DirectiveBody, 'text'>>({ text: read(words(LIMITS.directiveChars)) })), 'expires', read(millis)),
  'stop',
  flag
)
const withdraw: Parse<WithdrawBody> = withOptional(fields<Pick<WithdrawBody, 'directive'>>({ directive: actId }), 'reason', reason)

/** `unknown`: a kind of a later version. `invalid`: a kind of ours whose body is not. */
export type ParsedBody = { readonly type: 'content'; readonly content: ActContent } | { readonly type: 'unknown' } | { readonly type: 'invalid' }

type BodyOf<Kind extends ActKind> = Extract<ActContent, { readonly kind: Kind }>['body']

const PARSERS: { readonly [Kind in ActKind]: Parse<BodyOf<Kind>> } = { genesis, invite, cancel, witness, operator, retire, revoke, rotate, role: roleChange, policy, directive, withdraw }

const isActKind = (kind: string): kind is ActKind => Object.hasOwn(PARSERS, kind)

/** Reads an act's body, a parsed JSON object, by its kind. */
export const parseBody = (kind: string, value: unknown): ParsedBody => {
  if (!isActKind(kind)) return { type: 'unknown' }
  const body = PARSERS[kind](value)
  return body === null ? { type: 'invalid' } : { type: 'content', content: { kind, body } as ActContent }
}
