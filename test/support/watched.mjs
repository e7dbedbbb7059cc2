// Preloaded into a daemon (`NODE_OPTIONS=--import …`): tells of the process, from inside it, what /proc does not. Every WATCH_MS milliseconds (2,000)
// it writes the file WATCH_FOLDER/PID.json anew, since a killed process has no last word: { timers, heapMiB, ticks, p99, p999, max }, the delays of the
// event loop in milliseconds since it was loaded. They hold the 5 ms between two readings. Nothing in src knows of it.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const folder = process.env.WATCH_FOLDER
const everyMs = Number(process.env.WATCH_MS ?? 2_000)
// loading the program is not what is measured
const QUIET_MS = 1_000

if (folder !== undefined) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${process.pid}.json`)
  const blocks = monitorEventLoopDelay({ resolution: 5 })
  const milliseconds = nanoseconds => Math.round(nanoseconds / 1e4) / 100
  const write = () => {
    const timers = process.getActiveResourcesInfo().filter(each => each === 'Timeout').length
    const heapMiB = Math.round((process.memoryUsage().heapUsed / 2 ** 20) * 100) / 100
    const said = { timers, heapMiB, ticks: blocks.count, p99: milliseconds(blocks.percentile(99)), p999: milliseconds(blocks.percentile(99.9)), max: milliseconds(blocks.max) }
    writeFileSync(`${file}.new`, JSON.stringify(said))
    renameSync(`${file}.new`, file)
  }
  setTimeout(() => blocks.enable(), QUIET_MS).unref()
  setInterval(write, everyMs).unref()
}
