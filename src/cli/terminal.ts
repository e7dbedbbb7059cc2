import type { FailureEnvelope, Reply, Warning } from '../control/envelope.js'
import type { Terminal } from './command.js'
import { jsonLine } from './json-line.js'
import { styleFor, type Style } from './style.js'

export interface TerminalOptions {
  readonly home: string
  readonly use: string | null
  readonly as: string | undefined
  readonly json: boolean
  /** Where answers, and where warnings and errors go; the process's own when left out. */
  readonly streams?: { readonly out: Printed; readonly err: Printed }
}

/** As much of a stream as a terminal needs. */
export type Printed = Pick<NodeJS.WriteStream, 'write' | 'writable'> & { readonly isTTY?: boolean; readonly columns?: number }

const errorLines = (style: Style, { error, next }: FailureEnvelope): string => {
  const field = error.field === null ? '' : ` [${error.field}]`
  const lines = [`${style.bad('skein:')} ${error.message}${field} (${error.code})`]
  for (const step of next) lines.push(`  ${style.faint('try:')} ${step}`)
  return lines.join('\n')
}

const warningLine = (style: Style, warning: Warning): string => `${style.warn('note:')} ${warning.text}`

/** The real terminal: standard output for answers, standard error for warnings and errors. */
export const systemTerminal = ({ home, use, as, json, streams: { out, err } = { out: process.stdout, err: process.stderr } }: TerminalOptions): Terminal => {
  const style = styleFor(out, process.env)
  const errorStyle = styleFor(err, process.env)
  return {
    home,
    use,
    as,
    json,
    cwd: process.cwd(),
    env: process.env,
    style,
    columns: Math.max(40, out.columns ?? 80),
    call: async (op, args, options = {}) => {
      const [{ callHome }, { evidenceOfThisProcess }, { failureReply }] = await Promise.all([import('../control/client.js'), import('../control/caller/caller.js'), import('../control/envelope.js')])
      const caller = evidenceOfThisProcess(as === undefined ? {} : { as })
      if (!caller.ok) return failureReply(caller.failure)
      return callHome({ op, args: { ...args }, caller: caller.value, cwd: process.cwd() }, { home, ...options })
    },
    print: <Data>({ envelope, exit }: Reply, render: (data: Data) => string) => {
      if (json) out.write(`${jsonLine(envelope)}\n`)
      else if (envelope.ok) {
        const text = render(envelope.data as Data)
        if (text !== '') out.write(`${text}\n`)
        for (const warning of envelope.warnings) err.write(`${warningLine(errorStyle, warning)}\n`)
      } else err.write(`${errorLines(errorStyle, envelope)}\n`)
      return exit
    },
    say: line => {
      if (!json) out.write(`${line}\n`)
    },
    note: line => void err.write(`${line}\n`),
    item: value => {
      if (json) out.write(`${jsonLine(value)}\n`)
    },
    flushed: () =>
      new Promise(resolve => {
        if (out.writable) out.write('', error => resolve(error === null || error === undefined))
        else resolve(false)
      })
  }
}
