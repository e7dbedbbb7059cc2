import type { Command } from './command.js'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const GLOBAL = ['--json', '--home', '--use', '--as', '--help']

/** One command as it is typed, and what can come next. */
interface Place {
  /** `''` for skein itself, else `repo add`. */
  readonly path: string
  readonly summary: string
  readonly names: readonly { readonly name: string; readonly summary: string }[]
  readonly flags: readonly { readonly flag: string; readonly takesValue: boolean; readonly description: string }[]
}

const shown = (commands: readonly Command[]): Command[] => commands.filter(({ hidden }) => hidden !== true)

const placesBelow = (commands: readonly Command[], before = ''): Place[] =>
  shown(commands).flatMap(command => {
    const path = `${before}${command.name}`
    const flags = (command.options ?? []).filter(({ hidden }) => hidden !== true).flatMap(({ flags: text, description }) => {
      const flag = /--[a-z-]+/.exec(text)?.[0]
      return flag === undefined ? [] : [{ flag, takesValue: /[<[]/.test(text), description }]
    })
    return [{ path, summary: command.summary, names: shown(command.commands ?? []), flags }, ...placesBelow(command.commands ?? [], `${path} `)]
  })

const placesOf = (commands: readonly Command[]): Place[] => [{ path: '', summary: '', names: shown(commands), flags: [{ flag: '--version', takesValue: false, description: 'print the version' }] }, ...placesBelow(commands)]

const wordsOf = ({ names, flags }: Place): string => [...names.map(({ name }) => name), ...flags.map(({ flag }) => flag), ...GLOBAL].join(' ')

/** Where a line stands is found from its words that name commands; behind them file names are offered too. */
const bash = (places: readonly Place[]): string => `# skein completions for bash: eval "$(skein completions bash)"
_skein() {
  local current=\${COMP_WORDS[COMP_CWORD]} path= word words index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case "$word" in
      -*) ;;
      *) case "\${path:+$path }$word" in
${places.filter(({ path }) => path !== '').map(({ path }) => `        '${path}') path='${path}' ;;`).join('\n')}
      esac ;;
    esac
  done
  case "$path" in
${places.map(place => `    '${place.path}') words='${wordsOf(place)}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -n $path && $current != -* ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _skein skein
`

const quotedFor = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(':', '\\:')

const zsh = (places: readonly Place[]): string => `#compdef skein
# skein completions for zsh: skein completions zsh > a folder of $fpath, as _skein
_skein() {
  local place= word
  local -a names flags
  for word in \${words[2,CURRENT-1]}; do
    case "\${place:+$place }$word" in
${places.filter(({ path }) => path !== '').map(({ path }) => `      '${path}') place='${path}' ;;`).join('\n')}
    esac
  done
  case "$place" in
${places
  .map(({ path, names, flags }) => {
    const described = names.map(({ name, summary }) => `'${name}:${quotedFor(summary)}'`).join(' ')
    const options = [...flags.map(({ flag, description }) => `'${flag}:${quotedFor(description)}'`), ...GLOBAL.map(flag => `'${flag}'`)].join(' ')
    return `    '${path}') names=(${described}) flags=(${options}) ;;`
  })
  .join('\n')}
  esac
  _describe -t commands command names
  if [[ $PREFIX == -* ]]; then _describe -t options option flags; else _files; fi
}
if [[ $funcstack[1] == _skein ]]; then _skein "$@"; else compdef _skein skein; fi
`

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const fish = (places: readonly Place[]): string => {
  const isAt = ({ path, names }: Place): string => {
    if (path === '') return '__fish_use_subcommand'
    const seen = path.split(' ').map(word => `__fish_seen_subcommand_from ${word}`).join('; and ')
    return names.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${names.map(({ name }) => name).join(' ')}`
  }
  const lines = places.flatMap(place => [
    ...place.names.map(({ name, summary }) => `complete -c skein -n '${isAt(place)}' -a ${name} -d ${fishQuoted(summary)}`),
    ...place.flags.map(({ flag, takesValue, description }) => `complete -c skein -n '${isAt(place)}' -l ${flag.slice(2)}${takesValue ? ' -r' : ''} -d ${fishQuoted(description)}`)
  ])
  const everywhere = GLOBAL.map(flag => `complete -c skein -l ${flag.slice(2)}${['--home', '--use', '--as'].includes(flag) ? ' -r' : ''}`)
  return `# skein completions for fish: skein completions fish > ~/.config/fish/completions/skein.fish\n${[...lines, ...everywhere].join('\n')}\n`
}

/** A script that makes a shell complete skein's commands, sub-commands and flags. Static: it runs no skein. */
export const completionScript = (shell: Shell, commands: readonly Command[]): string => {
  const places = placesOf(commands)
  return { bash, zsh, fish }[shell](places)
}
