import { rmSync } from 'node:fs'

/** What hosts remember outside their homes goes into a folder of this run (vitest.config.mjs), which ends with it. */
export const teardown = (): void => {
  if (process.env.XDG_STATE_HOME !== undefined) rmSync(process.env.XDG_STATE_HOME, { recursive: true, force: true })
}

export const setup = (): void => undefined
