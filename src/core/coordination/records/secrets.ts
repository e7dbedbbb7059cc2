export const MASK = '[masked]'

/** Tokens that say by their beginning whose they are. */
const TOKENS = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|sk-|(?:sk|rk|pk)_(?:live|test)_|sk1_|xox[abeprs]-|AIza)[A-Za-z0-9_-]{8,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  // a line of a key that was cut off from its heading
  /^[A-Za-z0-9+/=]{60,}$/gm
]

const NAME = '(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)'

/** What stands behind the name of a secret; the name stays. */
const NAMED = [
  /(\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?)(?:(?:bearer|basic|token)\s{1,4})?[^\s"',;]+/gi,
  /(\bbearer\s{1,4})[A-Za-z0-9._~+/=-]{8,}/gi,
  /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,100}:)[^\s@/]{1,300}(?=@)/gi,
  new RegExp(`(\\b[\\w.-]{0,40}${NAME}[\\w-]{0,40}["']?\\s{0,4}[:=]\\s{0,4})(?:"[^"\\n]*"|'[^'\\n]*'|[^\\s,;&"']+)`, 'gi'),
  new RegExp(`(\\s--?[\\w-]{0,20}${NAME}\\s{1,4})\\S+`, 'gi')
]

/** Many letters of both cases and digits in one word: nobody writes so. A path or a commit's hash is left as it is. */
const LONG_WORD = /\b[A-Za-z0-9_+=-]{32,}/g

const isRandom = (word: string): boolean => /[a-z]/.test(word) && /[A-Z]/.test(word) && (word.match(/\d/g)?.length ?? 0) >= 3

/**
 * The text with likely secrets taken out: keys and tokens by their shape, and what stands behind a word such as `password=`. To be used
 * before anything that a tool printed is signed, since what is signed cannot be taken back. It knows usual shapes and no more: a password in
 * a plain sentence stays. Linear in the text.
 */
export const maskSecrets = (text: string): string => {
  const tokensMasked = TOKENS.reduce((masked, shape) => masked.replace(shape, MASK), text)
  const namedMasked = NAMED.reduce((masked, shape) => masked.replace(shape, `$1${MASK}`), tokensMasked)
  return namedMasked.replace(LONG_WORD, word => (isRandom(word) ? MASK : word))
}

/** How much of the end of a long text is looked through: a key that begins before it is masked line by line. */
const LOOKED_AT = 16_000

/** The last `max` characters of what a tool printed, likely secrets masked first; null where nothing is left. */
export const maskedEnd = (text: string, max: number): string | null => {
  const masked = Array.from(maskSecrets(text.slice(-LOOKED_AT).replace(/\p{Surrogate}/gu, '\ufffd')).trim())
  return masked.length === 0 ? null : masked.slice(-max).join('').trim()
}
