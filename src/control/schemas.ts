import { z } from 'zod'
import { ERRORS } from '../core/errors.js'
import { freshnessSchema, SCHEMA_VERSION, warningSchema } from './envelope.js'
import { OPERATIONS } from './operations.js'
import { directiveFind } from './operations/directive.js'
import { exportLineSchema } from './operations/export.js'
import { invitationSchema } from './operations/invitations.js'
import { policySchema } from './policies.js'
import { saidSchema } from './talk/speech.js'
import { recordSchema } from './record-data.js'

const foundedSchema = z.object({ mesh: z.string(), mesh_id: z.string(), host: z.string(), home: z.string(), listening: z.string(), reachable: z.array(z.string()), recovery: z.string().describe('a secret, shown this once: brings the mesh an operator when the last operator key is lost') })

const invitedSchema = z.object({
  token: z.string().describe('a secret: whoever has it can join'),
  invitation: z.string(),
  role: z.string(),
  uses: z.number().int(),
  expires: z.string(),
  ephemeral: z.boolean(),
  via: z.string().describe('the member that is dialled'),
  dials: z.array(z.string())
})

/** `invite --admit`: no token, since the host that was held back comes in by it alone. */
const admittedSchema = z.object({ host: z.string(), id: z.string(), invitation: z.string(), role: z.string() })

const revokedSchema = z.object({
  host: z.string(),
  id: z.string(),
  act: z.string(),
  records: z.number().int().describe('of its records those that this host holds, which stay'),
  held_back: z.boolean().describe('it was in no view: its invitation had no use left')
})

const rotatedSchema = z.object({
  host: z.string(),
  id: z.string(),
  key: z.string().describe('the key of the host from now on'),
  old: z.string(),
  act: z.string(),
  claims: z.number().int().describe('live claims of the host, which stay its own'),
  daemon: z.enum(['up again', 'none ran', 'not up again'])
})

const decidedSchema = z.object({ act: z.string(), policies: z.array(policySchema).describe('what stands by it; empty where it was cleared') })

const joinedSchema = z.object({
  mesh: z.string(),
  mesh_id: z.string(),
  host: z.string(),
  home: z.string(),
  linked_to: z.string(),
  address: z.string(),
  posture: z.string(),
  round_trip_ms: z.number().int().nullable(),
  records: z.number().int(),
  missing: z.number().int(),
  views_equal: z.boolean(),
  view_hash: z.string()
})

const upSchema = z.object({ pid: z.number().int(), listening: z.string().nullable(), started: z.boolean().describe('false: it was up already'), text: z.string() })
const downSchema = z.object({ pid: z.number().int().nullable().describe('null: no daemon ran'), text: z.string() })

/** What is printed behind the lines. */
const loggedSchema = z.object({ count: z.number().int(), cursor: z.string() })
const exportedSchema = z.object({ acts: z.number().int(), frames: z.number().int(), records: z.number().int() })

const dataNamed = (operation: string): z.ZodType => OPERATIONS.get(operation)?.data ?? z.never()

/** Answers of commands that are more, or less, than one operation of their name. */
const OTHERS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['init', foundedSchema],
  ['invite', z.union([invitedSchema, admittedSchema])],
  ['invite list', z.object({ invitations: z.array(invitationSchema) })],
  ['invite revoke', invitationSchema],
  ['revoke', revokedSchema],
  ['rotate-key', rotatedSchema],
  ['operator key', z.object({ key: z.string() })],
  ['operator add', z.object({ key: z.string(), name: z.string(), act: z.string() })],
  ['operator revoke', z.object({ key: z.string(), name: z.string().nullable(), act: z.string() })],
  ['directive', directiveFind.data],
  ['withdraw', z.union([saidSchema, directiveFind.data])],
  ['policy set', decidedSchema],
  ['policy clear', decidedSchema],
  ['join', joinedSchema],
  ['up', upSchema],
  ['down', downSchema],
  ['wait', z.union([dataNamed('wait'), dataNamed('wait-inbox')])],
  ['mutex', z.object({ name: z.string(), waited_ms: z.number().int(), held_ms: z.number().int(), exit: z.number().int(), signal: z.string().nullable() }).describe("behind the command's own output")],
  ['log', loggedSchema],
  ['export', exportedSchema],
  ['schema', z.object({ command: z.string(), schema: z.record(z.string(), z.unknown()) })],
  ['completions', z.object({ shell: z.string(), script: z.string() })]
])

/** Commands that print one object a line with `--json`, the envelope last: what a line is. */
const LINES: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([['log', recordSchema], ['export', exportLineSchema]])

/** An operation is named after its command: `repo add` asks `repo-add`; `repo` alone is `repo list`. */
const dataOf = (command: string): z.ZodType | null => {
  const name = command.replaceAll(' ', '-')
  return OTHERS.get(command) ?? OPERATIONS.get(name)?.data ?? OPERATIONS.get(`${name}-list`)?.data ?? null
}

const noFreshness = z.strictObject({})

const envelopeOf = (data: z.ZodType): z.ZodType =>
  z.discriminatedUnion('ok', [
    z.object({
      schema_version: z.literal(SCHEMA_VERSION),
      ok: z.literal(true),
      data,
      warnings: z.array(warningSchema),
      freshness: z.union([freshnessSchema, noFreshness]),
      next: z.array(z.string())
    }),
    z.object({
      schema_version: z.literal(SCHEMA_VERSION),
      ok: z.literal(false),
      error: z.object({ code: z.enum(Object.keys(ERRORS)), message: z.string(), field: z.string().nullable(), details: z.record(z.string(), z.unknown()) }),
      next: z.array(z.string()),
      freshness: z.union([freshnessSchema, noFreshness])
    })
  ])

type JsonSchema = Readonly<Record<string, unknown>>

const asJson = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { target: 'draft-7', unrepresentable: 'any' })

/**
 * The JSON schema of what a command prints with `--json`: the envelope with its data. Null for a command that there is not. For a command
 * that prints lines before the envelope, `definitions.line` says what each of them is.
 */
export const answerSchema = (command: string): JsonSchema | null => {
  const data = dataOf(command)
  if (data === null) return null
  const line = LINES.get(command)
  return { title: `skein ${command} --json`, ...asJson(envelopeOf(data)), ...(line === undefined ? {} : { definitions: { line: asJson(line) } }) }
}
