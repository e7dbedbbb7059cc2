import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { evidenceSchema, type Evidence } from '../../../src/host/session/evidence.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** A folder in which plain node can print the evidence of its own process. */
export interface Stage {
  readonly folder: string
  /** Prints this process's evidence as one line; `--as NAME` is passed on. */
  readonly print: string
  /** Writes an executable script and returns its path. */
  script(name: string, text: string): string
  /** The evidence that was appended to a file, one a line. */
  read(file: string): Evidence[]
  remove(): void
}

export const openStage = (): Stage => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-caller-'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const part of ['src/control/caller', 'src/host/session', 'src/core', 'src/core/encoding']) transpile(part, folder)
  const print = join(folder, 'print.js')
  writeFileSync(
    print,
    `import { appendFileSync } from 'node:fs'
import { evidenceOfThisProcess } from './src/control/caller/caller.js'
const [file, as] = process.argv.slice(2)
const found = evidenceOfThisProcess(as === undefined ? {} : { as })
appendFileSync(file, JSON.stringify(found.ok ? found.value : found) + '\\n')
`
  )
  const script = (name: string, text: string): string => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    chmodSync(path, 0o755)
    return path
  }
  const read = (file: string): Evidence[] => {
    try {
      return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => evidenceSchema.parse(JSON.parse(line)))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  }
  return { folder, print, script, read, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** An environment without what the agent that runs these tests may have put there. */
export const plainEnv = (more: Record<string, string> = {}): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: process.env['HOME'] ?? '/',
  ...more
})

export const hasProgram = (name: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const transpile = (part: string, folder: string): void => {
  mkdirSync(join(folder, part), { recursive: true })
  for (const file of readdirSync(join(root, part)).filter((name) => name.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, part, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
    })
    writeFileSync(join(folder, part, file.replace(/\.ts$/, '.js')), outputText)
  }
}
