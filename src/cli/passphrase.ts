import { readFileSync } from 'node:fs'
import { failure, success, type Result } from '../control/result.js'
import type { Typed } from './command.js'
import { textOption } from './command.js'

/** The flags by which a passphrase may come; never an environment variable, never an argument. */
export const PASSPHRASE_FILE = { flags: '--passphrase-file <file>', description: 'read the operator passphrase from the first line of this file' } as const

const fromFile = (file: string): Result<string> => {
  try {
    return success(readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '')
  } catch (error) {
    return failure('OPERATOR_LOCKED', `the passphrase file ${file} cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`, { field: '--passphrase-file' })
  }
}

/** Asks on the terminal, without echo. */
const ask = async (question: string): Promise<string> => {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true)
  stdin.resume()
  stdin.setEncoding('utf8')
  let typed = ''
  let interrupted = false
  try {
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n' || character === '\u0004') return typed
        if (character === '\u0003') interrupted = true
        if (interrupted) return ''
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1)
        else typed += character
      }
    }
    return typed
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
    if (interrupted) process.exit(130)
  }
}

/**
 * The operator's passphrase: from the file that was named, else typed on the terminal. Without either `OPERATOR_LOCKED` at once, with the
 * line to type.
 */
export const passphraseFor = async (typed: Typed, question: string, line: string): Promise<Result<string>> => {
  const file = textOption(typed, 'passphraseFile')
  if (file !== undefined) return fromFile(file)
  if (process.stdin.isTTY !== true) return failure('OPERATOR_LOCKED', 'this needs the operator\'s passphrase, and there is no terminal to ask on', { next: [line, `${line} --passphrase-file FILE`] })
  return success(await ask(question))
}
