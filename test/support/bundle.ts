import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { afterAll } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const made = new Map<string, Promise<string>>()
const folders: string[] = []

afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))

const make = async (entry: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-bundle-'))
  folders.push(folder)
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  const file = join(folder, `${basename(entry).replace(/\.[cm]?[jt]s$/, '')}.mjs`)
  await build({
    input: entry,
    platform: 'node',
    external: id => !id.startsWith('.') && !isAbsolute(id),
    logLevel: 'warn',
    output: { file, format: 'esm', codeSplitting: false }
  })
  return file
}

/**
 * The path of one runnable `.mjs` made of a TypeScript file (absolute, or relative to the repository) and all it imports from here; packages
 * stay outside. Made once for each test file that asks, removed after its last test. (`rolldown` comes with vitest.)
 */
export const bundle = (entry: string): Promise<string> => {
  const path = isAbsolute(entry) ? entry : join(root, entry)
  const known = made.get(path)
  if (known !== undefined) return known
  const making = make(path)
  made.set(path, making)
  return making
}
