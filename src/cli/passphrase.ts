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

/** The recovery code of the mesh is read from a file, never from the command line, where other processes see it. */
export const RECOVERY_FILE = { flags: '--recovery-file <file>', description: 'sign with the recovery code in the first line of this file, in place of an operator key' } as const

export const recoveryCode = (typed: Typed): Result<string> | null => {
  const file = textOption(typed, 'recoveryFile')
  return file === undefined ? null : fromFile(file)
}

/** Asked for only where the operator key of this home has one. */
export const operatorPassphrase = async (home: string, typed: Typed, line: string): Promise<Result<string> | null> => {
  const { operatorHasPassphrase } = await import('../control/inviting.js')
  return (await operatorHasPassphrase(home)) ? passphraseFor(typed, 'operator passphrase: ', line) : null
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
