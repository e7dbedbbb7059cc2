import { LIMITS } from '../../../limits.js'
import { addressee } from '../addressee.js'
import { optional } from '../field.js'
import { kind } from '../kind.js'
import { repositoryKey, scope } from '../place.js'
import { count, hash, list, reference, text } from '../values.js'
import { quoted } from '../visible.js'
import { addressed, because, checkAddressed, checkBoth, scopeText, toText } from './shared.js'

const reason = text(LIMITS.intentChars)
const attempt = optional(count(1_000))

export const proposal = kind({
  letter: 'p',
  family: 'agreement',
  description: 'proposes work on a scope to somebody, who accepts or rejects it',
  sendable: false,
  urgent: true,
  fields: { ...addressed, to: addressee, repo: optional(repositoryKey), scope, text: text(LIMITS.textChars) },
  check: checkBoth,
  prose: (fields, names) => `proposes${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const accept = kind({
  letter: 'y',
  family: 'agreement',
  description: 'accepts a proposal; what was offered is taken (take)',
  urgent: true,
  answers: ['proposal'],
  fields: { ...addressed, re: reference, text: optional(reason) },
  check: checkAddressed,
  prose: (fields, names) => `accepts ${names.record(fields.re)}${because(fields.text)}`
})

export const reject = kind({
  letter: 'n',
  family: 'agreement',
  description: 'rejects a proposal or what was offered',
  urgent: true,
  answers: ['proposal', 'offer'],
  fields: { ...addressed, re: reference, reason: optional(reason) },
  check: checkAddressed,
  prose: (fields, names) => `rejects ${names.record(fields.re)}${because(fields.reason)}`
})

export const ack = kind({
  letter: 'a',
  family: 'agreement',
  description: 'says that a record was read and will be heeded; names the hash of the text that was shown',
  sendable: false,
  urgent: true,
  byViewers: true,
  fields: { re: reference, hash, attempt, text: optional(reason) },
  prose: (fields, names) => `acks ${names.record(fields.re)}${because(fields.text)}`
})

export const nack = kind({
  letter: 'k',
  family: 'agreement',
  description: 'says that a record was read and will not be heeded, and why',
  sendable: false,
  urgent: true,
  fields: { re: reference, hash, attempt, reason },
  prose: (fields, names) => `refuses ${names.record(fields.re)}${because(fields.reason)}`
})

export const receipt = kind({
  letter: 'rt',
  family: 'agreement',
  description: 'says that records were put before its session; never an ack',
  sendable: false,
  quiet: true,
  byViewers: true,
  fields: { re: list(reference, LIMITS.idsPerRecord) },
  prose: fields => `was shown ${fields.re.length} ${fields.re.length === 1 ? 'record' : 'records'}`
})
