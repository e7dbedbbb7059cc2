/** 1: a lower-case word · 2: the space before a word · else a word with a digit, a run that is not ASCII, or one other character. */
const PIECES = /[A-Za-z]*[0-9][A-Za-z0-9]*|([a-z]+)|( )(?=[A-Za-z])|[^\u0000-\u007f]+|[^]/gu

const LETTERS_A_TOKEN = 3

interface Piece {
  readonly text: string
  readonly cost: number
}

const encoder = new TextEncoder()

/** One piece after the other, with the tokens that it is taken for. Joined they are the text. */
function* piecesOf(text: string): Generator<Piece> {
  for (const [piece, word, space] of text.matchAll(PIECES)) {
    if (word !== undefined) yield { text: piece, cost: Math.ceil(piece.length / LETTERS_A_TOKEN) }
    else if (space !== undefined) yield { text: piece, cost: 0 }
    else yield { text: piece, cost: encoder.encode(piece).length }
  }
}

/**
 * How many tokens a model takes for this text at most, without any model's tokenizer. A lower-case word counts one for each three letters
 * begun, the space before a word nothing; everything else one for each byte of UTF-8: ids, digits, capitals, punctuation, and whatever is not
 * ASCII. (Bytes ÷ 3 is too low for what skein prints: ids and paths are cut into far shorter tokens than prose. docs/architecture.md, "Recap".)
 */
export const estimateTokens = (text: string): number => {
  let tokens = 0
  for (const { cost } of piecesOf(text)) tokens += cost
  return tokens
}

const CUT = '…'
const CUT_COST = encoder.encode(CUT).length

/** The beginning of a text that takes at most so many tokens, with an ellipsis where something is left out. */
export const cutToTokens = (text: string, most: number): string => {
  if (estimateTokens(text) <= most) return text
  let left = most - CUT_COST
  let kept = ''
  for (const piece of piecesOf(text)) {
    if (piece.cost > left) {
      const characters = Array.from(piece.text)
      kept += characters.slice(0, Math.max(0, Math.floor((characters.length * left) / piece.cost))).join('')
      break
    }
    kept += piece.text
    left -= piece.cost
  }
  return `${kept.trimEnd()}${CUT}`
}
