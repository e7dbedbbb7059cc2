import { createInterface } from 'node:readline/promises'
import { failure, success, type Result } from '../control/result.js'
import { flagOption, type Typed } from './command.js'

/** The flag that answers the question beforehand. */
export const YES = { flags: '--yes', description: 'do not ask' } as const

/** Asks a person to type a word before something that cannot be taken back. Without a terminal `--yes` must be given. */
export const confirmed = async (typed: Typed, { question, word, line }: { readonly question: string; readonly word: string; readonly line: string }): Promise<Result<true>> => {
  if (flagOption(typed, 'yes')) return success(true)
  if (process.stdin.isTTY !== true) return failure('FIELD_MISSING', `${question} There is no terminal to ask on`, { field: '--yes', next: [`${line} --yes`] })
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question}\ntype ${word} to go on: `)
    return answer.trim() === word ? success(true) : failure('USAGE', 'nothing was done: that was not the word asked for', { field: '--yes' })
  } finally {
    terminal.close()
  }
}
