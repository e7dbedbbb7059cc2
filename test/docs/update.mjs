// `npm run docs`: writes docs/cli.md and docs/schema from the definitions of the commands.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'test/vitest.config.mjs', 'test/docs'], { cwd: root, stdio: 'inherit', env: { ...process.env, UPDATE: '1' } })
process.exitCode = status ?? 1
