/** What a field read from a value, or why it is none, in words that follow the field's name. */
export type Read<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string }

/** One field of a kind: how it is read from foreign JSON, and how the docs call its type. */
export interface Field<Value, Required extends boolean = boolean> {
  readonly required: Required
  readonly type: string
  read(value: unknown): Read<Value>
}

export type FieldSpecs = Readonly<Record<string, Field<unknown>>>

type Value<Spec> = Spec extends Field<infer Inner> ? Inner : never

/** The fields that a kind's specs describe; optional ones may be absent, and are then not keys. */
export type FieldsOf<Specs extends FieldSpecs> = {
  readonly [Name in keyof Specs as Specs[Name] extends Field<unknown, true> ? Name : never]: Value<Specs[Name]>
} & {
  readonly [Name in keyof Specs as Specs[Name] extends Field<unknown, true> ? never : Name]?: Value<Specs[Name]>
}

export const good = <Inner>(value: Inner): Read<Inner> => ({ ok: true, value })
export const bad = (why: string): { ok: false; why: string } => ({ ok: false, why })

export const required = <Inner>(type: string, read: (value: unknown) => Read<Inner>): Field<Inner, true> => ({ required: true, type, read })

export const optional = <Inner>(field: Field<Inner>): Field<Inner, false> => ({ required: false, type: field.type, read: field.read })

/** A plain object from JSON: neither null nor a list. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
