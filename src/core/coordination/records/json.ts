import { LIMITS } from '../../limits.js'
import { isObject } from './field.js'

export type Json = { readonly ok: true; readonly object: Readonly<Record<string, unknown>> } | { readonly ok: false; readonly why: string }

/** Names that reach an object's prototype where a program copies keys carelessly. */
const BANNED = new Set(['__proto__', 'constructor', 'prototype'])

/** Depth of brackets outside of texts, counted before anything is built. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === '\\') at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return deepest
}

const bannedKey = (value: unknown): string | null => {
  if (Array.isArray(value)) return firstOf(value)
  if (!isObject(value)) return null
  return Object.keys(value).find(key => BANNED.has(key)) ?? firstOf(Object.values(value))
}

const firstOf = (values: readonly unknown[]): string | null => {
  for (const value of values) {
    const key = bannedKey(value)
    if (key !== null) return key
  }
  return null
}

/** Only such a text can hold a banned key: one that spells it, or that escapes a character. Spares most records the walk. */
const SUSPECT = /\\|__proto__|constructor|prototype/

/** Reads one JSON object from outside: at most `LIMITS.jsonDepth` deep, no key that names a prototype. Never throws. */
export const parseJson = (text: string): Json => {
  if (depthOf(text) > LIMITS.jsonDepth) return { ok: false, why: `is more than ${LIMITS.jsonDepth} levels deep` }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'is not JSON' }
  }
  if (!isObject(value)) return { ok: false, why: 'is not a JSON object' }
  const key = SUSPECT.test(text) ? bannedKey(value) : null
  return key === null ? { ok: true, object: value } : { ok: false, why: `has a key ${key}` }
}
