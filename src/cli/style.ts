import picocolors from 'picocolors'

/** How text is set off on a terminal; plain everywhere else. */
export interface Style {
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly warn: (text: string) => string
  readonly bad: (text: string) => string
}

/** Coloured only on a terminal, and never with `NO_COLOR`. */
export const styleFor = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Style => {
  const colours = picocolors.createColors(stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb')
  return { strong: colours.bold, faint: colours.dim, good: colours.green, warn: colours.yellow, bad: colours.red }
}
