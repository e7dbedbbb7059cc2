import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PRELOAD = new URL('./watched.mjs', import.meta.url).href

/** What a process tells of itself (watched.mjs): delays of its event loop in milliseconds, and its timers. */
export interface Inside {
  readonly timers: number
  readonly heapMiB: number
  readonly ticks: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** One look at a process from outside. */
export interface Look {
  readonly ms: number
  readonly rssMiB: number
  readonly fds: number
}

/** The environment in which `skein up` starts a daemon that tells of itself in this folder. */
export const watchedIn = (folder: string): NodeJS.ProcessEnv => ({ NODE_OPTIONS: `--import ${PRELOAD}`, WATCH_FOLDER: folder })

/** The newest word of a process; null where there is none yet. */
export const insideOf = (folder: string, pid: number): Inside | null => {
  const file = join(folder, `${pid}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Inside) : null
}

/** What /proc says of a process; null where it is gone, or where there is no /proc. */
export const lookAt = (pid: number): Look | null => {
  try {
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return { ms: performance.now(), rssMiB: Number(resident ?? 0) / 1024, fds: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return null
  }
}

/** The slope of the line through these points that lies nearest to them; 0 through fewer than two. */
export const slopeOf = (points: readonly (readonly [x: number, y: number])[]): number => {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return points.length < 2 || spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
}
