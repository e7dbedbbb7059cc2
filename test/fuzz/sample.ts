import { z } from 'zod'
import type { SeededRandom } from '../sim/random.js'

const WORDS = ['src/auth/**', 'a text', 'mac', 'all', 'note', '@mutex', 'branch:refs/heads/x', 'c-00000000', '1h', '', 'docs/schema', '{a,b}/[!c]*.ts', 'mac/claude-1', 'role:worker']

type Schema = z.core.JSONSchema.BaseSchema | boolean

const isList = (value: unknown): value is readonly Schema[] => Array.isArray(value)

/** A value that fits a JSON schema, roughly: what a caller might send. Left-out fields are left out half the time. */
const valueOf = (schema: Schema, random: SeededRandom): unknown => {
  if (typeof schema === 'boolean') return random.pick(WORDS)
  const choices = schema.anyOf ?? schema.oneOf
  if (isList(choices)) return valueOf(random.pick(choices), random)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return random.pick(schema.enum)
  switch (schema.type) {
    case 'object': {
      const required = new Set(schema.required ?? [])
      const fields = Object.entries(schema.properties ?? {}).filter(([name]) => required.has(name) || random.chance(0.5))
      return Object.fromEntries(fields.map(([name, field]) => [name, valueOf(field as Schema, random)]))
    }
    case 'array':
      return Array.from({ length: random.int(3) }, () => (schema.items === undefined || Array.isArray(schema.items) ? random.pick(WORDS) : valueOf(schema.items as Schema, random)))
    case 'integer':
    case 'number':
      return random.pick([0, 1, 5, 60_000, 1_800_000, 1_795_183_200_000])
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    default:
      return random.pick(WORDS)
  }
}

/** Arguments as a caller of this operation might send them. */
export const sampleArguments = (schema: z.ZodType, random: SeededRandom): unknown => valueOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), random)
