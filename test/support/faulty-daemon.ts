import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { eventually } from './cli.js'
import type { TestMesh } from './mesh.js'

const ENTRY = fileURLToPath(new URL('./faulty-daemon.mjs', import.meta.url))

/** What goes wrong in a daemon, and when: see faulty-daemon.mjs. */
export interface FaultPlan {
  readonly kill?: { readonly at: string; readonly count?: number }
  readonly fail?: { readonly at: number; readonly code?: 'FENCED' | 'DISK_FULL'; readonly words?: string; readonly taken?: boolean }
  readonly slowMs?: number
  readonly minFreeBytes?: number
  readonly loopFile?: string
}

export interface FaultyDaemon {
  readonly pid: number
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  /** Resolves when it answers; rejects with how it ended where it never did. */
  readonly up: Promise<void>
}

/** Starts a home's daemon on adapters that fail as planned. */
export const startFaulty = (mesh: TestMesh, name: string, plan: FaultPlan, nodeFlags: readonly string[] = []): FaultyDaemon => {
  const home = mesh.home(name)
  const child = spawn(process.execPath, [...nodeFlags, ENTRY, home, JSON.stringify(plan)], { env: { PATH: process.env.PATH, HOME: mesh.folder.path }, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', text => (words += text))
  let how: number | string | null = null
  const ended = new Promise<number | string>(resolve => {
    child.once('exit', (code, signal) => {
      how = code ?? signal ?? 'unknown'
      resolve(how)
    })
  })
  const answers = async (): Promise<boolean> => mesh.ask(name, 'daemon').then(() => true, () => false)
  const up = eventually(async () => (how === null ? answers() : true), is => is).then(() => {
    if (how !== null) throw new Error(`the daemon of ${name} ended with ${how}: ${words}`)
  })
  // whoever only waits for the end need not care that it never answered
  up.catch(() => undefined)
  return { pid: child.pid ?? 0, ended, up }
}
