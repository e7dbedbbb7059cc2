import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { LIMITS } from '../core/limits.js'
import type { MeshId } from '../core/brand.js'
import { writeErrorCode } from '../core/errors.js'
import { failure, success, type Failure, type Result } from '../core/result.js'
import { visible } from '../core/coordination/records/visible.js'
import { isAlive } from './liveness.js'

/** Version of the home's layout; a newer one is refused, never touched. */
export const HOME_VERSION = 1

const settingsSchema = z.object({
  version: z.number().int().positive(),
  mesh: z.string().regex(/^[0-9a-f]{64}$/),
  meshName: z.string(),
  name: z.string(),
  listen: z.object({ host: z.string(), port: z.number().int().min(0).max(65_535) }),
  /** Addresses to tell others instead of those found on this machine's interfaces. */
  advertise: z.array(z.string()),
  /** When a sender is warned: a peer owes so many answers for so long, or its agent has not looked for so long. Changed by hand. */
  warn: z.object({ unackedCount: z.number().int().positive(), unackedMs: z.number().positive(), attentionMs: z.number().positive() }).partial().exactOptional(),
  created: z.string()
})

/** What a home keeps beside its keys and its store. */
export type Settings = z.infer<typeof settingsSchema> & { readonly mesh: string }

/** Where the parts of a home lie. Everything of one host is below this folder and nowhere else. */
export interface HomePaths {
  readonly folder: string
  readonly settings: string
  readonly store: string
  readonly run: string
  readonly socket: string
  readonly holder: string
  readonly log: string
}

export const homePaths = (folder: string): HomePaths => ({
  folder,
  settings: join(folder, 'home.json'),
  store: join(folder, 'store'),
  run: join(folder, 'run'),
  socket: join(folder, 'run', 'control.sock'),
  holder: join(folder, 'run', 'holder.json'),
  log: join(folder, 'log')
})

/** `--home`, else `SKEIN_HOME`, else the home called `name` below the user's own folder. */
export const homeFolder = (options: { readonly home?: string | undefined; readonly name?: string | undefined }, env: NodeJS.ProcessEnv = process.env): string => {
  const given = options.home ?? (options.name === undefined ? env.SKEIN_HOME : undefined)
  if (given !== undefined && given !== '') return resolve(given)
  return join(homedir(), '.skein', options.name ?? 'home')
}

/** Whether the control socket's path fits: the system cuts longer ones silently (hazard N4). */
export const checkHomePath = (folder: string): Result<HomePaths> => {
  const paths = homePaths(folder)
  const length = Buffer.byteLength(paths.socket)
  if (length <= LIMITS.socketPathBytes) return success(paths)
  return failure('HOME_PATH_TOO_LONG', `${folder} is too long for a home: its control socket would have a path of ${length} bytes, and the system allows ${LIMITS.socketPathBytes}`, {
    field: '--home',
    next: ['skein --home SHORTER-PATH …']
  })
}

export const homeExists = (folder: string): boolean => existsSync(homePaths(folder).settings)

const noHome = (folder: string) =>
  failure('NO_HOME', `there is no skein home in ${folder}`, { next: ['skein init', 'skein join TOKEN'], details: { home: folder } })

/** Reads and checks a home's settings. `NO_HOME`, `HOME_NEWER`, `HOME_DAMAGED`, `HOME_PATH_TOO_LONG`. */
export const readHome = (folder: string): Result<{ paths: HomePaths; settings: Settings }> => {
  const checked = checkHomePath(folder)
  if (!checked.ok) return checked
  const paths = checked.value
  let text: string
  try {
    text = readFileSync(paths.settings, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return noHome(folder)
    return failure('HOME_UNWRITABLE', `${paths.settings} cannot be read: ${code}`, { details: { cause: code } })
  }
  return parseSettings(paths, text)
}

const parseSettings = (paths: HomePaths, text: string): Result<{ paths: HomePaths; settings: Settings }> => {
  const damaged = (why: string) => failure('HOME_DAMAGED', `${paths.settings} ${why}`, { next: [`restore ${paths.settings} from a backup, or join again with a new home`] })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return damaged('is not JSON any more')
  }
  const version = z.object({ version: z.number() }).safeParse(value)
  if (version.success && version.data.version > HOME_VERSION) {
    return failure('HOME_NEWER', `${paths.folder} was written by a newer skein (layout ${version.data.version}, this one knows ${HOME_VERSION})`, { next: ['npm install -g skein'] })
  }
  const parsed = settingsSchema.safeParse(value)
  return parsed.success ? success({ paths, settings: parsed.data }) : damaged(`does not hold what it should: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`)
}

/** Stands in a home that is being made, with the number of the process that makes it. */
const MAKING = 'making'

/** Null: nobody. 0: a process that was killed before it could write down its number. */
const makerOf = (folder: string): number | null => {
  try {
    return Number.parseInt(readFileSync(join(folder, MAKING), 'utf8'), 10) || 0
  } catch {
    return null
  }
}

/** Whether a home is there; one whose maker was killed before it was whole is none. */
export const homeIsMade = (folder: string): boolean => homeExists(folder) && makerOf(folder) === null

/**
 * Makes the folders of a new home, for this user alone, in a folder that is new or empty: what others keep there is not ours to change,
 * least of all when the making fails. What a killed process left half made is taken away; `homeMade` ends the making.
 */
export const makeHomeFolders = (folder: string): Result<HomePaths> => {
  const checked = checkHomePath(folder)
  if (!checked.ok) return checked
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    const maker = makerOf(folder)
    if (maker !== null && maker > 0 && maker !== process.pid && isAlive(maker)) return failure('HOME_EXISTS', `another skein (pid ${maker}) is making a home in ${folder}`, { field: '--home', details: { pid: maker }, next: ['try again'] })
    if (maker !== null) removeHome(checked.value)
    const [other] = readdirSync(folder)
    if (other !== undefined) return failure('HOME_EXISTS', `${folder} is not empty: it holds ${visible(other)}, and a home is made in a folder of its own`, { field: '--home', details: { home: folder, holds: other }, next: ['skein --home ANOTHER-FOLDER …'] })
    beginMaking(folder)
    for (const path of [checked.value.run, checked.value.log]) mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    return notWritten(folder, error, { field: '--home', next: ['skein --home ANOTHER-FOLDER …'] })
  }
  return checked
}

/** A file that was made and could not be filled (the disk is full) is taken away again. */
const beginMaking = (folder: string): void => {
  const file = openSync(join(folder, MAKING), 'wx', 0o600)
  try {
    writeSync(file, String(process.pid))
  } catch (error) {
    rmSync(join(folder, MAKING), { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

/** The home is whole, or so far that what is missing comes by itself. */
export const homeMade = (paths: HomePaths): void => rmSync(join(paths.folder, MAKING), { force: true })

/** Written whole or not at all. Without it there is no home. `DISK_FULL`, `HOME_UNWRITABLE`. */
export const writeSettings = (paths: HomePaths, settings: Settings): Result<true> => {
  const temporary = `${paths.settings}.new`
  try {
    writeFileSync(temporary, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600, flush: true })
    renameSync(temporary, paths.settings)
    return success(true)
  } catch (error) {
    rmSync(temporary, { force: true })
    return notWritten(paths.settings, error)
  }
}

const HOST_KEY = 'host.key'
const OPERATOR_KEY = 'operator.key'
/** The key that is to take the host key's place, while a host changes its key. */
const NEXT_KEY = 'next.key'
const KEY_FILES = [HOST_KEY, OPERATOR_KEY, NEXT_KEY]
/** What a key file is called until it is whole (adapters/keys/key-file.ts). */
const KEY_DRAFT = /^\.(host|operator|next)\.key\.[0-9a-f]{16}$/

/** Takes away a home that was being made, or one that is given up for another; that it was being made goes last. */
export const removeHome = (paths: HomePaths): void => {
  for (const path of [paths.settings, `${paths.settings}.new`, paths.store, paths.run, paths.log]) rmSync(path, { recursive: true, force: true })
  for (const file of KEY_FILES) rmSync(join(paths.folder, file), { force: true })
  for (const draft of readdirSync(paths.folder)) if (KEY_DRAFT.test(draft)) rmSync(join(paths.folder, draft), { force: true })
  homeMade(paths)
}

const STAGED = '.new'

/** Folders for a home that is to take this one's place once it is whole. Left over ones are of no use to anybody. */
export const makeStagedHome = (paths: HomePaths): Result<HomePaths> => {
  const staged = homePaths(join(paths.folder, STAGED))
  try {
    rmSync(staged.folder, { recursive: true, force: true })
    for (const path of [staged.folder, staged.run, staged.log]) mkdirSync(path, { recursive: true, mode: 0o700 })
    return success(staged)
  } catch (error) {
    return notWritten(staged.folder, error, { field: '--home' })
  }
}

/**
 * The staged home in place of the old one; the settings go first and come last, because they make a home. Called again it goes on where a
 * killed process stopped.
 */
export const promoteStagedHome = (paths: HomePaths, staged: HomePaths): void => {
  rmSync(paths.settings, { force: true })
  for (const file of [OPERATOR_KEY, NEXT_KEY]) rmSync(join(paths.folder, file), { force: true })
  const moves = [[join(staged.folder, HOST_KEY), join(paths.folder, HOST_KEY)], [staged.store, paths.store], [staged.run, paths.run], [staged.log, paths.log], [staged.settings, paths.settings]] as const
  for (const [from, to] of moves) {
    if (!existsSync(from)) continue
    rmSync(to, { recursive: true, force: true })
    renameSync(from, to)
  }
  rmSync(staged.folder, { recursive: true, force: true })
}

/** Ends what a process that was killed while it put a staged home in its place left undone. */
export const finishPromotion = (folder: string): void => {
  const staged = homePaths(join(folder, STAGED))
  if (!homeExists(folder) && existsSync(staged.settings)) promoteStagedHome(homePaths(folder), staged)
}

/** A second home beside the first, named after its mesh. */
export const siblingHome = (folder: string, meshName: string): string => join(dirname(folder), `${folder.split('/').at(-1) ?? 'home'}-${meshName}`)

export const meshIdOf = (settings: Settings): MeshId => settings.mesh as MeshId

/** The system refused to write this: `DISK_FULL` where there is no room, else `HOME_UNWRITABLE`. */
export const notWritten = (path: string, error: unknown, rest: Pick<Failure, 'field' | 'next'> = {}) =>
  failure(writeErrorCode(errorCode(error)), `${path} cannot be written: ${errorCode(error)}`, { ...rest, details: { cause: errorCode(error) } })

export const errorCode = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
