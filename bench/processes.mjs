import { fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('children', import.meta.url))
const running = new Set()

/** Starts one measured process; `ask` calls one of its handlers and waits for the answer. `--profile` of run.mjs comes by the environment. */
export const start = async (script, args = [], { nodeArgs = [] } = {}) => {
  const profile = process.env.BENCH_PROFILE
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${script.replace('.mjs', '')}-${args.at(-1) ?? ''}-${process.hrtime.bigint()}.cpuprofile`]
  const child = fork(join(folder, script), args.map(String), { execArgv: [...nodeArgs, ...profiling], serialization: 'advanced' })
  running.add(child)
  const waiting = new Map()
  let next = 1
  let end
  const ended = new Promise(resolve => {
    end = resolve
  })
  child.once('exit', (code, signal) => {
    running.delete(child)
    for (const { reject } of waiting.values()) reject(new Error(`${script} ended (${signal ?? code})`))
    end()
  })
  child.on('message', ({ id, value, error }) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(value)
    else asked?.reject(new Error(`${script}: ${error}`))
  })
  const ask = (name, ...given) =>
    new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      child.send({ id, name, given })
    })
  await ask('ready')
  return {
    ask,
    stop: async () => {
      ask('stop').catch(() => undefined)
      await ended
    }
  }
}

/** For an interrupted run: no process stays. */
export const killAll = () => {
  for (const child of running) child.kill('SIGKILL')
}

/** The other end, in the child: its handlers by name. `stop` ends the process after it. */
export const serve = handlers => {
  const all = { ready: () => true, cpu: () => process.cpuUsage(), stop: () => undefined, ...handlers }
  process.on('message', async ({ id, name, given }) => {
    try {
      const value = await all[name](...given)
      if (name !== 'stop') return process.send({ id, value })
      process.exit(0)
    } catch (error) {
      process.send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
}

/** Microseconds of processor time between two readings of `cpu`. */
export const cpuBetween = (before, after) => after.user + after.system - before.user - before.system
