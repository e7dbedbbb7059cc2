import type { PolicyDone } from '../../control/deciding.js'
import { failureReply } from '../../control/envelope.js'
import type { PoliciesData, PolicySetting } from '../../control/operations/policy.js'
import type { PolicyRow } from '../../control/policies.js'
import { visible } from '../../control/visible.js'
import { listOption, textArgument, textOption, type Command, type Terminal, type Typed } from '../command.js'
import { parseDuration } from '../duration.js'
import { operatorPassphrase, PASSPHRASE_FILE } from '../passphrase.js'
import { alignRows } from '../table.js'

const SCOPE = { flags: '--scope <scope>', description: 'a path, a quoted pattern or a name; again for more; the whole mesh when left out', many: true } as const

const placeText = ({ repository, scope }: PolicyRow): string => {
  if (scope === null) return repository === null ? 'the whole mesh' : visible(repository)
  return `${scope === '' ? ':/' : visible(scope)}${repository === null || repository === '' ? '' : ` in ${visible(repository)}`}`
}

const minutes = (at: string): string => `${at.slice(0, 16).replace('T', ' ')}Z`

export const policyRows = (policies: readonly PolicyRow[]): string =>
  alignRows(policies.map(policy => [policy.id, `${policy.key} ${policy.value}`, placeText(policy), `by ${policy.by} since ${minutes(policy.since)}${policy.until === null ? '' : ` until ${minutes(policy.until)}`}`, policy.known ? '' : 'not known to this version: no effect here']))

const decide = async (terminal: Terminal, typed: Typed, key: string, value: string | null): Promise<number> => {
  const scope = listOption(typed, 'scope')
  const lasting = textOption(typed, 'for') ?? textOption(typed, 'ttl') ?? textOption(typed, 'expires')
  const forMs = lasting === undefined ? null : parseDuration(lasting)
  if (lasting !== undefined && (forMs === null || forMs <= 0)) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--for takes a duration such as 30m, 24h or 3d', field: '--for' }), () => '')
  const { preparePolicy, setPolicy } = await import('../../control/deciding.js')
  const prepared = await preparePolicy({ key, value, scope }, (op, args) => terminal.call(op, args))
  if (!prepared.envelope.ok) return terminal.print(prepared, () => '')
  const words = value === null ? `clear ${key}` : `set ${key} ${value}`
  const line = `skein policy ${words}${scope.map(each => ` --scope '${each}'`).join('')}${lasting === undefined ? '' : ` --for ${lasting}`}`
  const passphrase = await operatorPassphrase(terminal.home, typed, line)
  if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
  const reply = await setPolicy({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value }, prepared.envelope.data as PolicySetting, forMs, (op, args) => terminal.call(op, args))
  return terminal.print<PolicyDone>(reply, ({ policies }) => (policies.length === 0 ? `${key} is cleared there` : policyRows(policies)))
}

const list: Command = {
  name: 'list',
  group: 'mesh',
  summary: 'print what operators set, and what can be set',
  examples: [{ line: 'skein policy list', does: 'each policy in force with its scope, its operator and since when' }],
  run: async terminal => {
    const reply = await terminal.call('policy-list', {})
    return terminal.print<PoliciesData>(reply, ({ policies, keys }) => {
      const can = alignRows(keys.map(({ key, values, says }) => [`  ${key}`, values.length === 0 ? 'HOST or HOST/SESSION' : values.join(' | '), says]))
      return `${policies.length === 0 ? 'nothing is set: overlapping claims are warned about' : policyRows(policies)}\n\nwhat can be set, the first value being what holds without:\n${can}`
    })
  }
}

const set: Command = {
  name: 'set',
  group: 'mesh',
  summary: 'set how the whole mesh treats something; signed by the operator',
  arguments: [
    { name: '<key>', description: 'overlap, overlap-same-tree, deadlock, advantage' },
    { name: '<value>', description: 'as skein policy list prints them' }
  ],
  options: [
    SCOPE,
    { flags: '--for <duration>', description: 'how long it holds (until it is cleared)' },
    { flags: '--ttl <duration>', description: 'as --for', hidden: true },
    { flags: '--expires <duration>', description: 'as --for', hidden: true },
    PASSPHRASE_FILE
  ],
  examples: [
    { line: "skein policy set overlap deny --scope 'src/pay/**'", does: 'a second claim there is refused, on every host' },
    { line: 'skein policy set overlap strict --for 2h', does: 'for two hours no two sessions of the mesh may claim the same' },
    { line: "skein policy set overlap warn --scope 'docs/**'", does: 'an exception: what is set later goes before, where it covers a claim wholly' }
  ],
  notes: 'A policy binds the host that writes a claim, from when it has heard of it; what is held already stays. Claims made apart, by hosts that could not hear each other, still cross, and are told as ever.',
  run: (terminal, typed) => decide(terminal, typed, textArgument(typed, 0) ?? '', textArgument(typed, 1) ?? '')
}

const clear: Command = {
  name: 'clear',
  group: 'mesh',
  summary: 'take back what was set of one key, at exactly this scope',
  arguments: [{ name: '<key>', description: 'as it was set' }],
  options: [SCOPE, PASSPHRASE_FILE],
  examples: [{ line: "skein policy clear overlap --scope 'src/pay/**'", does: 'what was set for a wider scope, or nothing, holds there again' }],
  run: (terminal, typed) => decide(terminal, typed, textArgument(typed, 0) ?? '', null)
}

export const policy: Command = {
  name: 'policy',
  group: 'mesh',
  summary: 'what operators want of all sessions: list, set, clear',
  commands: [list, set, clear],
  examples: [
    { line: 'skein policy', does: 'the same as skein policy list' },
    { line: "skein policy set overlap deny --scope 'src/pay/**'", does: 'a second claim there is refused, on every host' }
  ],
  run: list.run
}
