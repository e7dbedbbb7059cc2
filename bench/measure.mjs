/** Milliseconds of the monotonic clock, which all processes of one machine share (CLOCK_MONOTONIC on Linux, the boot clock on macOS). */
export const now = () => Number(process.hrtime.bigint()) / 1e6

export const quantile = (values, part) => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

export const median = values => quantile(values, 0.5)

/**
 * One line of the table. `rounds` are the figures of the rounds that were measured: their median counts, their extremes are the spread.
 * `beside` names the peer or floor and its own figures of the same rounds; the ratio is the median of the ratios round by round, so that
 * what slows the machine for a while slows both.
 */
export const figure = ({ name, unit, rounds, beside = null, target = null }) => {
  const ratios = beside === null ? [] : rounds.map((value, index) => value / beside.rounds[index % beside.rounds.length])
  return {
    name,
    unit,
    value: median(rounds),
    spread: [Math.min(...rounds), Math.max(...rounds)],
    ...(beside === null ? {} : { ratio: median(ratios), ratioSpread: [Math.min(...ratios), Math.max(...ratios)], beside: beside.name, besideValue: median(beside.rounds) }),
    ...(target === null ? {} : { target })
  }
}

const digits = value => (Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2))

export const lineOf = ({ name, unit, value, spread, ratio, beside, target }) => {
  const range = spread[0] === spread[1] ? '' : `${digits(spread[0])}–${digits(spread[1])}`
  const compared = ratio === undefined ? '' : `${ratio.toFixed(2)}× ${beside}`
  return [name.padEnd(46), digits(value).padStart(9), unit.padEnd(9), range.padEnd(17), compared.padEnd(30), target === null || target === undefined ? '' : `(target ${target})`].join(' ').trimEnd()
}

export const delay = ms => new Promise(resolve => setTimeout(resolve, ms))
const turnOfTheLoop = () => new Promise(resolve => setImmediate(resolve))

/** Calls `set` every `everyMs`; gives the time of each call. */
export const paced = async (count, everyMs, set) => {
  const starts = []
  for (let index = 0; index < count; index++) {
    starts.push(now())
    set(index)
    await delay(everyMs)
  }
  return starts
}

/** Calls `set` as fast as it returns, with a turn of the event loop after every twenty. */
export const burst = async (count, set) => {
  const starts = []
  for (let index = 0; index < count; index++) {
    starts.push(now())
    set(index)
    if (index % 20 === 19) await turnOfTheLoop()
  }
  return starts
}
