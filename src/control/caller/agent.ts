import { VENDORS, type Vendor } from './vendors.js'

interface Interpreter {
  readonly names: RegExp
  /** Options after which no script follows: the program is on the command line. */
  readonly code: RegExp
  /** Options whose value is the next argument. */
  readonly valued: RegExp
}

const INTERPRETERS: readonly Interpreter[] = [
  {
    names: /^(node|nodejs|bun|deno|tsx)$/,
    code: /^(-[a-z]*[ep]|--eval|--print)(=|$)/,
    valued: /^(-r|-C|--require|--import|--loader|--experimental-loader|--conditions|--preload)$/
  },
  { names: /^(ba|da|z|k|a)?sh$/, code: /^-[A-Za-z]*c/, valued: /^[-+][oO]$/ },
  { names: /^python[\d.]*$/, code: /^-[A-Za-z]*c/, valued: /^-[WX]$/ }
]
const SUBCOMMAND = /^(run|x)$/
const EXTENSION = /\.(js|mjs|cjs|ts|sh|py|exe)$/

/** The maker of the agent that runs as this command, or null. Looks at the program and, for an interpreter, at its script. */
export const agentOf = (command: readonly string[]): Vendor | null => {
  const [program, ...rest] = command
  if (program === undefined) return null
  const script = scriptOf(program, rest)
  const paths = script === null ? [program] : [program, script]
  return vendorOf(paths) ?? (rest.length === 0 ? vendorOf([program.split(' ', 1)[0] ?? '']) : null)
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const vendorOf = (paths: readonly string[]): Vendor | null =>
  VENDORS.find(({ programs, folders }) =>
    paths.some((path) => programs.includes(baseName(path).replace(EXTENSION, '')) || folders.some((folder) => path.includes(folder)))
  ) ?? null

const scriptOf = (program: string, rest: readonly string[]): string | null => {
  const interpreter = INTERPRETERS.find(({ names }) => names.test(baseName(program)))
  if (interpreter === undefined) return null
  for (let index = 0; index < rest.length; index++) {
    const argument = rest[index] ?? ''
    if (argument === '--') return rest[index + 1] ?? null
    if (interpreter.code.test(argument)) return null
    if (interpreter.valued.test(argument)) index++
    else if (!/^[-+]/.test(argument) && !SUBCOMMAND.test(argument)) return argument
  }
  return null
}
