import { realpathSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { domainToASCII } from 'node:url'

import { LIMITS } from '../../core/limits.js'
import type { GitSetting } from './git-config.js'
import { systemCode } from './small-file.js'

/** A remote of a repository. `url` never holds a user name or a password. */
export interface Remote {
  readonly name: string
  readonly url: string
}

const DEFAULT_PORTS = new Map([
  ['ssh', '22'],
  ['git+ssh', '22'],
  ['ssh+git', '22'],
  ['https', '443'],
  ['git+https', '443'],
  ['http', '80'],
  ['git+http', '80'],
  ['git', '9418'],
  ['ftp', '21'],
  ['ftps', '990']
])

/** Second names that forges document for one host: ssh over the port of https, for networks that let nothing else out. */
const FORGE_HOSTS = new Map([
  ['www.github.com', 'github.com'],
  ['ssh.github.com', 'github.com'],
  ['altssh.gitlab.com', 'gitlab.com'],
  ['altssh.bitbucket.org', 'bitbucket.org']
])

const CONTROL = /\p{Cc}|\p{Cs}/u
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is
const HELPER = /^[a-z0-9+.-]+::/i
const DRIVE = /^[a-z]:[\\/]/i
const SCP = /^(?:[^/[]*@)?(\[[^\]]+\]|[^:/@[\]]+):(.+)$/s
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d*))?$/i

const decoded = (text: string): string | null => {
  try {
    const plain = decodeURIComponent(text)
    return CONTROL.test(plain) ? null : plain
  } catch (thrown) {
    return thrown instanceof URIError ? text : null
  }
}

const plainHost = (host: string): string => (host.startsWith('[') ? host.toLowerCase() : domainToASCII(host.toLowerCase()).replace(/\.$/, ''))

const bounded = (key: string): string | null => (key.length <= LIMITS.repositoryKeyChars ? key : null)

const plainSegments = (path: string): readonly string[] => {
  const segments: string[] = []
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments[0] === '~' ? segments.slice(1) : segments
}

const networkKey = (scheme: string, authority: string, path: string): string | null => {
  const [, host = '', port = ''] = HOST_AND_PORT.exec(authority) ?? []
  const name = plainHost(host)
  const plain = decoded(path)
  if (name === '' || plain === null || /[?#]/.test(path)) return null
  const segments = plainSegments(plain)
  const last = segments.at(-1)?.replace(/\.git$/, '') ?? ''
  const names = last === '' ? segments.slice(0, -1) : [...segments.slice(0, -1), last]
  if (names.length === 0) return null
  if (name === 'ssh.dev.azure.com' && names.length === 4 && names[0] === 'v3') {
    return bounded(`dev.azure.com/${names[1]}/${names[2]}/_git/${names[3]}`)
  }
  const forge = FORGE_HOSTS.get(name)
  if (forge !== undefined) return bounded(`${forge}/${names.join('/')}`)
  const shownPort = port === '' || port === DEFAULT_PORTS.get(scheme) ? '' : `:${Number(port)}`
  return bounded(`${name}${shownPort}/${names.join('/')}`)
}

const localKey = (path: string): string | null => {
  const plain = path.replaceAll('\\', '/').replace(/\/+$/, '').replace(/\/\.git$/, '')
  return bounded(`file:${plain.startsWith('/') ? plain : `/${plain}`}`)
}

/** The path of a remote on this machine, or null for a remote elsewhere. Relative ones stay relative. */
const localPath = (url: string): string | null => {
  if (HELPER.test(url)) return null
  const scheme = SCHEME.exec(url)
  if (scheme !== null) {
    const [, name = '', rest = ''] = scheme
    if (name.toLowerCase() !== 'file') return null
    const path = decoded(rest.replace(/^localhost(?=\/)/i, ''))
    return path?.startsWith('/') === true ? path : null
  }
  return DRIVE.test(url) || !SCP.test(url) ? url : null
}

/**
 * One spelling for every URL of one repository: `host/owner/name`, with a port only where it is not the scheme's own, or `file:/path`.
 * ssh, scp-like, https and git URLs agree; user names and passwords, `.git`, trailing slashes and a leading `~/` are dropped, the host is
 * lower case, the path keeps its case. Null for what names no repository by itself: relative paths, remote helpers (`x::y`), queries,
 * control characters, more than `LIMITS.remoteChars` characters.
 */
export const normaliseRemote = (url: string): string | null => {
  const text = url.trim()
  if (text === '' || text.length > LIMITS.remoteChars || CONTROL.test(text)) return null
  const local = localPath(text)
  if (local !== null) return local.startsWith('/') || DRIVE.test(local) ? localKey(local) : null
  if (HELPER.test(text)) return null
  const [, scheme = '', rest = ''] = SCHEME.exec(text) ?? []
  if (scheme !== '') {
    if (!DEFAULT_PORTS.has(scheme.toLowerCase())) return null
    const slash = rest.indexOf('/')
    const authority = slash < 0 ? rest : rest.slice(0, slash)
    return slash < 0 ? null : networkKey(scheme.toLowerCase(), authority.slice(authority.lastIndexOf('@') + 1), rest.slice(slash))
  }
  const [, host = '', path = ''] = SCP.exec(text) ?? []
  const inner = host.startsWith('[') && HOST_AND_PORT.test(host.slice(1, -1)) ? host.slice(1, -1) : host
  return networkKey('ssh', inner.slice(inner.lastIndexOf('@') + 1), path)
}

const realOrNull = (path: string): string | null => {
  try {
    return realpathSync.native(path)
  } catch (thrown) {
    return systemCode(thrown) === 'unknown' ? path : null
  }
}

/**
 * As `normaliseRemote`, for a remote of the work tree at `root`: a path on this machine is resolved (from `root`, as git does), through
 * symlinks, and with the `.git` that git would have added, so that every clone of one bare repository on one host agrees.
 */
export const remoteKey = (root: string, url: string): string | null => {
  const path = localPath(url.trim())
  if (path === null || path === '' || CONTROL.test(path)) return normaliseRemote(url)
  const absolute = resolve(root, path)
  return localKey((realOrNull(absolute) ?? realOrNull(`${absolute}.git`) ?? absolute).split(sep).join('/'))
}

const withoutCredentials = (url: string): string => url.replaceAll(/(:\/\/)[^/]*@/g, '$1').replace(/^[^/[]*@(?=[^/]*:)/, '')

/**
 * The remotes of a configuration in its order, the first URL of each, `url.<base>.insteadOf` applied (the longest match, as git does),
 * without credentials. Past `LIMITS.remotes` only `upstream` and `origin` are kept.
 */
export const readRemotes = (settings: readonly GitSetting[]): readonly Remote[] => {
  const rewrites = settings.flatMap(({ section, subsection, name, value }) =>
    section === 'url' && name === 'insteadof' && subsection !== null && value !== '' ? [{ base: subsection, prefix: value }] : []
  )
  const urlByName = new Map<string, string>()
  for (const { section, subsection, name, value } of settings) {
    if (section !== 'remote' || name !== 'url' || subsection === null) continue
    if (value === '') urlByName.delete(subsection)
    else if (!urlByName.has(subsection)) urlByName.set(subsection, value)
  }
  const kept = [...urlByName].filter(([name], index) => index < LIMITS.remotes || name === 'upstream' || name === 'origin')
  return kept.map(([name, url]) => {
    const matches = rewrites.filter(({ prefix }) => url.startsWith(prefix))
    const longest = matches.reduce((best, rewrite) => (rewrite.prefix.length > best.prefix.length ? rewrite : best), { base: '', prefix: '' })
    return { name, url: withoutCredentials(longest.base + url.slice(longest.prefix.length)) }
  })
}
