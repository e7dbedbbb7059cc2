import { execFileSync } from 'node:child_process'

/** Why a small disk of its own cannot be mounted here, or null. */
export const whyNoSmallDisk = (): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a small disk needs Linux and root'
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/tmp'], { stdio: 'pipe' })
    return null
  } catch (error) {
    return `a small disk cannot be mounted: ${error instanceof Error ? error.message.split('\n')[0] : ''}`
  }
}
