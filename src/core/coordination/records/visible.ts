const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/**
 * The text on one line with every control, format and separator character written out: what others wrote can neither move a cursor,
 * nor turn the writing direction, nor begin a line that looks like ours.
 */
export const visible = (text: string): string => text.replace(HIDDEN, escape)

/** The same for a text of ours that quotes what was typed or what a peer said: only its line breaks stay, and no later line begins at the margin. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n  ')

/** A foreign text as prose shows it: visible, in quotation marks, cut to `max` characters. */
export const quoted = (text: string, max = 200): string => {
  const characters = Array.from(text.slice(0, max * 2 + 2))
  return `"${visible(characters.length > max ? `${characters.slice(0, max).join('')}…` : text)}"`
}
