import { readFileSync } from 'node:fs'

let version: string | null = null

/** The version of the package that runs. */
export const skeinVersion = (): string => {
  if (version !== null) return version
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0'
  return version
}
