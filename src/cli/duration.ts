const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000]
])

/** `90s`, `30m`, `4h`, `3d`, `1h30m`, or bare seconds, in milliseconds; null for anything else. */
export const parseDuration = (text: string): number | null => {
  const trimmed = text.trim().toLowerCase()
  if (/^\d+$/.test(trimmed)) return Number(trimmed) * 1000
  if (!/^(\d+(\.\d+)?(ms|s|min|m|h|d))+$/.test(trimmed)) return null
  let total = 0
  for (const [, count, , unit] of trimmed.matchAll(/(\d+(\.\d+)?)(ms|s|min|m|h|d)/g)) total += Number(count) * (UNITS.get(unit ?? '') ?? 0)
  return Math.round(total)
}

/** A point in time, in wall milliseconds: an age (`2h`, `30m ago`) or a time that the system can read; null for anything else. */
export const parseTime = (text: string, now: number): number | null => {
  const age = parseDuration(text.replace(/\s+ago$/, ''))
  if (age !== null) return now - age
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}
