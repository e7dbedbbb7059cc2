import type { HeldCall } from '../control/client.js'
import type { Reply } from '../control/envelope.js'
import type { Style } from './style.js'

/** A flag of a command, as commander writes it: `--for <duration>`. */
export interface CommandOption {
  readonly flags: string
  readonly description: string
  /** Taken again and again into a list. */
  readonly many?: boolean
  /** Kept out of `--help`: an old name. */
  readonly hidden?: boolean
}

export interface CommandArgument {
  /** `<scope...>`, `[path]`: as commander writes it. */
  readonly name: string
  readonly description: string
}

/** What was typed: positional arguments by place, options by their camel-case name. */
export interface Typed {
  readonly arguments: readonly (string | readonly string[] | undefined)[]
  readonly options: ReadonlyMap<string, unknown>
}

/** Where a command runs and how it speaks. */
export interface Terminal {
  readonly home: string
  /** The name after `--use`, when homes are chosen by name. */
  readonly use: string | null
  readonly as: string | undefined
  readonly json: boolean
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly style: Style
  /** Columns to fit text into. */
  readonly columns: number
  /** Makes the control call of this name, as the session that this process belongs to. */
  call(op: string, args: Readonly<Record<string, unknown>>, options?: { readonly timeoutMs?: number; readonly interim?: (said: unknown, held: HeldCall) => void }): Promise<Reply>
  /**
   * Prints an answer: the envelope with `--json`, else what `render` makes of the data; warnings and errors to standard error. Gives the
   * exit code. `Data` is the type that the operation's schema states; the host held the answer to it.
   */
  print<Data>(reply: Reply, render: (data: Data) => string): number
  /** A line for people, not printed with `--json`. */
  say(line: string): void
  /** A line for people on standard error, beside the answer or what a child prints. */
  note(line: string): void
  /** One object of a long list, only printed with `--json`; the envelope comes last. */
  item(value: unknown): void
  /** Resolves when everything printed has left this process; false where its reader went away. */
  flushed(): Promise<boolean>
}

/** One command of the command line. The definitions are data, so that help, completions and docs/cli.md come from one place. */
export interface Command {
  readonly name: string
  readonly group: 'mesh' | 'here' | 'claims' | 'records' | 'queries' | 'faces'
  readonly summary: string
  readonly arguments?: readonly CommandArgument[]
  readonly options?: readonly CommandOption[]
  /** Sub-commands: `peers add`. */
  readonly commands?: readonly Command[]
  /** What to type, and what it does. At least one. */
  readonly examples: readonly { readonly line: string; readonly does: string }[]
  /** More for `--help`, below the examples. */
  readonly notes?: string
  readonly hidden?: boolean
  readonly aliases?: readonly string[]
  run(terminal: Terminal, typed: Typed): Promise<number>
}

/** One positional argument as text. */
export const textArgument = (typed: Typed, place: number): string | undefined => {
  const value = typed.arguments[place]
  return typeof value === 'string' ? value : undefined
}

export const listArgument = (typed: Typed, place: number): readonly string[] => {
  const value = typed.arguments[place]
  return typeof value === 'string' ? [value] : (value ?? [])
}

export const textOption = (typed: Typed, name: string): string | undefined => {
  const value = typed.options.get(name)
  return typeof value === 'string' ? value : undefined
}

export const listOption = (typed: Typed, name: string): readonly string[] => {
  const value = typed.options.get(name)
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
}

export const flagOption = (typed: Typed, name: string): boolean => typed.options.get(name) === true
