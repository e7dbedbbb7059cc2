import { LIMITS } from '../../../limits.js'
import { bad, good, isObject, optional, required } from '../field.js'
import { kind } from '../kind.js'
import { place, repositoryKey, scope } from '../place.js'
import { line, list, oneOf, count, recordId, reference, text } from '../values.js'
import { quoted } from '../visible.js'
import { about, addressed, because, checkAbout, checkBoth, listed, scopeText, toText } from './shared.js'

/** What was run to show that work is done. Without a command and its exit code a result is only said to be done. */
export interface Evidence {
  readonly command: string
  readonly exit: number
  readonly log?: string
  readonly commit?: string
}

const exit = count(255)
const short = line(LIMITS.intentChars)

const evidence = required<Evidence>('{command, exit, log?, commit?}', value => {
  if (!isObject(value)) return bad('must be {command, exit, log?, commit?}')
  const command = short.read(value.command)
  if (!command.ok) return bad(`has a command that ${command.why}`)
  const code = exit.read(value.exit)
  if (!code.ok) return bad(`has an exit code that ${code.why}`)
  const kept: { command: string; exit: number; log?: string; commit?: string } = { command: command.value, exit: code.value }
  for (const name of ['log', 'commit'] as const) {
    if (value[name] === undefined) continue
    const read = short.read(value[name])
    if (!read.ok) return bad(`has a ${name} that ${read.why}`)
    kept[name] = read.value
  }
  return good<Evidence>(kept)
})

export const task = kind({
  letter: 'j',
  family: 'work',
  description: 'a unit of work, or a change of its state',
  fields: {
    ...addressed,
    ...about,
    /** The task that this changes; absent for a new one. */
    re: optional(reference),
    text: text(LIMITS.textChars),
    state: optional(oneOf('open', 'ready', 'started', 'blocked', 'claimed-done', 'done', 'cancelled')),
    priority: optional(count(9)),
    after: optional(list(recordId, LIMITS.patternsPerClaim))
  },
  check: checkBoth,
  prose: (fields, names) =>
    `${fields.re === undefined ? 'plans' : `updates ${names.record(fields.re)}`}${toText(fields.to, names)}${scopeText(fields.scope)}` +
    `${fields.state === undefined ? '' : ` (${fields.state})`}: ${quoted(fields.text)}`
})

export const result = kind({
  letter: 'rs',
  family: 'work',
  description: 'what came of a task, with the evidence for it',
  urgent: true,
  fields: {
    ...addressed,
    re: optional(reference),
    outcome: oneOf('done', 'claimed-done', 'failed', 'needs-followup'),
    text: text(LIMITS.textChars),
    evidence: optional(list(evidence, 16))
  },
  check: fields =>
    fields.outcome === 'done' && fields.evidence === undefined
      ? { field: 'evidence', why: 'is missing: without a command and its exit code the outcome is claimed-done', missing: true }
      : checkBoth(fields),
  prose: (fields, names) => `reports ${fields.outcome}${fields.re === undefined ? '' : ` on ${names.record(fields.re)}`}: ${quoted(fields.text)}`
})

export const handoff = kind({
  letter: 'ho',
  family: 'work',
  description: 'says that its session has ended, in which checkout it worked, and what it leaves to the next one there',
  sendable: false,
  urgent: true,
  fields: {
    /** `died`: its agent's process is gone without a word. */
    cause: oneOf('ended', 'died'),
    repo: optional(repositoryKey),
    where: optional(place),
    /** The end of what the last failing tool call said, likely secrets masked. */
    failure: optional(text(LIMITS.failureChars)),
    /** Where its transcript lies on its host. */
    transcript: optional(line(LIMITS.patternChars)),
    /** What it was about to do. */
    intent: optional(recordId),
    /** Paths with changes that are in no commit. */
    scope: optional(scope)
  },
  check: checkAbout,
  prose: (fields, names) => {
    const left = [
      ...(fields.intent === undefined ? [] : [`${names.record(fields.intent)} open`]),
      ...(fields.scope === undefined ? [] : [`uncommitted ${listed(fields.scope)}`]),
      ...(fields.transcript === undefined ? [] : [`its transcript in ${quoted(fields.transcript, LIMITS.foreignTextChars)}`])
    ]
    const leaves = left.length === 0 ? '' : ` and leaves ${left.join(', ')}`
    return `has ${fields.cause}${leaves}${fields.failure === undefined ? '' : `; what failed last${because(fields.failure)}`}`
  }
})
