// `npm run build && node test/docs/retro.mjs`: plays the session retro and writes docs/retro.md from what the agents saw.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const document = fileURLToPath(new URL('../../docs/retro.md', import.meta.url))
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'test/vitest.config.mjs', 'test/e2e/retro.test.ts'], { cwd: root, stdio: 'inherit', env: { ...process.env, RETRO_DOCUMENT: document } })
process.exitCode = status ?? 1
