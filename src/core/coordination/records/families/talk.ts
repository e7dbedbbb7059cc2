import { LIMITS } from '../../../limits.js'
import { addressee } from '../addressee.js'
import { optional } from '../field.js'
import { kind } from '../kind.js'
import { oneOf, reference, text } from '../values.js'
import { quoted } from '../visible.js'
import { about, addressed, because, checkBoth, scopeText, tags, toText } from './shared.js'

const words = text(LIMITS.textChars)

export const intent = kind({
  letter: 'i',
  family: 'talk',
  description: 'says what a session is about to do; an event, never folded with an equal one',
  sendable: false,
  urgent: true,
  fields: { ...addressed, ...about, text: text(LIMITS.intentChars), tags },
  check: checkBoth,
  prose: (fields, names) => `intends${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const status = kind({
  letter: 's',
  family: 'talk',
  description: 'says what a session is doing or has come to',
  fields: { ...addressed, ...about, text: text(LIMITS.intentChars) },
  check: checkBoth,
  prose: (fields, names) => `says of itself${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const message = kind({
  letter: 'm',
  family: 'talk',
  description: 'free text to somebody',
  urgent: true,
  fields: { ...addressed, ...about, to: addressee, re: optional(reference), text: words },
  check: checkBoth,
  prose: (fields, names) => `says${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const question = kind({
  letter: 'q',
  family: 'talk',
  description: 'asks somebody; an answer closes it',
  urgent: true,
  fields: { ...addressed, ...about, to: addressee, text: words },
  check: checkBoth,
  prose: (fields, names) => `asks${toText(fields.to, names).replace(' to ', ' ')}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const answer = kind({
  letter: 'an',
  family: 'talk',
  description: 'answers a question or whatever else was said',
  urgent: true,
  fields: { ...addressed, re: reference, text: words },
  check: checkBoth,
  prose: (fields, names) => `answers ${names.record(fields.re)}: ${quoted(fields.text)}`
})

export const note = kind({
  letter: 'no',
  family: 'talk',
  description: 'something to remember, for nobody in particular',
  fields: { ...addressed, ...about, re: optional(reference), text: words },
  check: checkBoth,
  prose: (fields, names) => `notes${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const decision = kind({
  letter: 'd',
  family: 'talk',
  description: 'something that is settled, and why',
  fields: { ...addressed, ...about, text: words, reason: optional(text(LIMITS.intentChars)) },
  check: checkBoth,
  prose: (fields, names) => `decides${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}${fields.reason === undefined ? '' : ` because ${quoted(fields.reason)}`}`
})

/** Whose word it is said to be: a person's, typed into a prompt on this host, or what the session itself says. */
const VIA = oneOf('typed', 'relayed')

export const directive = kind({
  letter: 'dr',
  family: 'talk',
  description: "passes on what somebody is said to want of all; an operator's own directive is an act, and no record",
  urgent: true,
  fields: { ...addressed, ...about, text: words, via: optional(VIA) },
  check: checkBoth,
  prose: (fields, names) =>
    `${fields.via === 'typed' ? 'passes on what was typed in its prompt' : 'relays a directive, claimed by the agent'}, signed by no operator${toText(fields.to, names)}${scopeText(fields.scope)}: ${quoted(fields.text)}`
})

export const block = kind({
  letter: 'b',
  family: 'talk',
  description: 'says that a session cannot go on, and what it lacks',
  urgent: true,
  fields: { ...addressed, ...about, re: optional(reference), text: words },
  check: checkBoth,
  prose: (fields, names) => `is blocked${scopeText(fields.scope)}${fields.re === undefined ? '' : ` by ${names.record(fields.re)}`}: ${quoted(fields.text)}`
})

export const unblock = kind({
  letter: 'u',
  family: 'talk',
  description: 'says that what a block lacked is there',
  urgent: true,
  answers: ['block'],
  fields: { ...addressed, re: reference, text: optional(words) },
  check: checkBoth,
  prose: (fields, names) => `unblocks ${names.record(fields.re)}${because(fields.text)}`
})

export const withdraw = kind({
  letter: 'wd',
  family: 'talk',
  description: "takes back a record of one's own; what was shown stays shown",
  urgent: true,
  fields: { re: reference, reason: optional(text(LIMITS.reasonChars)) },
  prose: (fields, names) => `withdraws ${names.record(fields.re)}${because(fields.reason)}`
})
