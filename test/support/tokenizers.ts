import { Tiktoken } from 'js-tiktoken/lite'
import o200k from 'js-tiktoken/ranks/o200k_base'
import llama from 'llama-tokenizer-js'

const bytePairs = new Tiktoken(o200k)

/** Public tokenizers of two families: how many tokens each makes of a text. */
export const TOKENIZERS: ReadonlyMap<string, (text: string) => number> = new Map([
  ['o200k (byte pairs)', text => bytePairs.encode(text, [], []).length],
  ['llama 2 (sentence pieces)', text => llama.encode(text, false, false).length]
])
