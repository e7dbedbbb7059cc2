import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built command line, as it is shipped (`npm test` builds it first). */
export const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

export interface RunOptions {
  readonly home?: string
  readonly cwd?: string
  readonly session?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** What runs the command in node's place, with node and all the rest as its arguments: `ip netns exec NAME`. */
  readonly through?: readonly string[]
}

/** Runs `skein …` as a child process with an environment of its own: nothing of the tester's homes or agents shows through. */
export const skein = (args: readonly string[], { home, cwd, session, env = {}, input, through = [] }: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const [program = process.execPath, ...rest] = [...through, process.execPath, BIN, ...args]
    const child = spawn(program, rest, {
      cwd,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: home ?? tmpdir(),
        XDG_STATE_HOME: process.env.XDG_STATE_HOME,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        ...(home === undefined ? {} : { SKEIN_HOME: home }),
        ...(session === undefined ? {} : { SKEIN_SESSION: session }),
        ...env
      }
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', text => (stderr += text))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr, ms: performance.now() - started }))
    // a command that has heard enough closes its end: that is no error of the tester's
    child.stdin?.on('error', () => undefined)
    if (input !== undefined) child.stdin?.end(input)
  })

/** The same with `--json`, and its envelope, which is the last line of a long list. */
export const skeinJson = async (args: readonly string[], options: RunOptions = {}) => {
  const ran = await skein([...args, '--json'], options)
  const envelope: { ok: boolean; data: Record<string, unknown>; error: { code: string; message: string; field: string | null; details: Record<string, unknown> }; warnings: { code: string; text: string; details: Record<string, unknown> }[]; freshness: Record<string, unknown>; next: string[] } = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '')
  return { ...ran, envelope }
}

/** A short-named folder (control sockets have short paths) and the way to take it away. */
export const temporaryFolder = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'sk-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Asks again until the fact holds; rejects with the last answer after `ms`. The one place in the tests where time passes by itself. */
export const eventually = async <Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean, ms = 10_000): Promise<Value> => {
  for (const until = performance.now() + ms; ; ) {
    const value = await ask()
    if (holds(value)) return value
    if (performance.now() > until) throw new Error(`still not so after ${ms} ms: ${JSON.stringify(value).slice(0, 2000)}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
