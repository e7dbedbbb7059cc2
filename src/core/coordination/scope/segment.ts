import { DOT, SLASH } from './charclass.js'

/** How far into a segment a path is, so that none is empty, `.` or `..`: at its start, after `.` (1), after `..` (2), or anywhere else. */
export const START = 0
export const FREE = 3

/** How far it is after one more code point, or -1 where no path goes on so. */
export const within = (segment: number, code: number): number => {
  if (code === SLASH) return segment === FREE ? START : -1
  return code === DOT && segment !== FREE ? segment + 1 : FREE
}
