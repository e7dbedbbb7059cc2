import { resolve } from 'node:path'
import type { RepoAddData, RepoLinkData, RepoListData, RepoRemoveData } from '../../control/operations/repo.js'
import { visible } from '../../control/visible.js'
import { textArgument, type Command, type Terminal } from '../command.js'
import { alignRows } from '../table.js'

const renderList = ({ style }: Terminal, { repositories, links }: RepoListData): string => {
  if (repositories.length === 0) return 'no repository is coordinated: skein repo add'
  const rows = repositories.map(({ key, read_as: readAs, from, enrolled, hosts }) => [
    enrolled ? style.strong(visible(key)) : visible(key),
    enrolled ? `here, from ${from ?? '?'}` : 'not here',
    readAs === null ? '' : `read as ${visible(readAs)}`,
    hosts.length === 0 ? '' : `also ${hosts.slice(0, 4).map(visible).join(', ')}${hosts.length > 4 ? ` and ${hosts.length - 4} more` : ''}`
  ])
  const linked = links.map(({ from, to }) => `${visible(from)} is read as ${visible(to)}`)
  return [alignRows(rows), ...linked].join('\n')
}

const list: Command = {
  name: 'list',
  group: 'here',
  summary: 'what is coordinated, here and by the other hosts',
  examples: [{ line: 'skein repo list', does: 'each repository by its key, and which hosts coordinate it' }],
  run: async terminal => terminal.print<RepoListData>(await terminal.call('repo-list', {}), data => renderList(terminal, data))
}

const add: Command = {
  name: 'add',
  group: 'here',
  summary: 'coordinate the repository of this folder in the mesh',
  arguments: [{ name: '[folder]', description: 'a folder of it (this one)' }],
  examples: [{ line: 'skein repo add', does: 'the other hosts learn its key, remotes and first commit; hooks may write about it' }],
  run: async (terminal, typed) => {
    const reply = await terminal.call('repo-add', { folder: resolve(terminal.cwd, textArgument(typed, 0) ?? '.') })
    return terminal.print<RepoAddData>(reply, ({ repository, from, mesh, new: isNew }) => `${visible(repository)} (from ${from}) is ${isNew ? '' : 'already '}coordinated in mesh ${visible(mesh)}`)
  }
}

const link: Command = {
  name: 'link',
  group: 'here',
  summary: 'read one key as another: two names of one repository',
  arguments: [
    { name: '<from>', description: 'the key, or the folder of a work tree, that is to be read differently' },
    { name: '<to>', description: 'the key to use; the same again takes the link back' }
  ],
  examples: [{ line: 'skein repo link github.com/me/app github.com/team/app', does: 'claims in the fork are claims in the original' }],
  run: async (terminal, typed) => {
    const reply = await terminal.call('repo-link', { from: textArgument(typed, 0) ?? '', to: textArgument(typed, 1) ?? '' })
    return terminal.print<RepoLinkData>(reply, ({ from, to, taken_back }) => (taken_back ? `${visible(from)} is itself again` : `${visible(from)} is read as ${visible(to)} on this host`))
  }
}

const remove: Command = {
  name: 'remove',
  group: 'here',
  summary: 'coordinate a repository no longer on this host',
  arguments: [{ name: '[key]', description: 'its key (of the one around this folder)' }],
  examples: [{ line: 'skein repo remove', does: 'nothing about it leaves this host by itself any more; what was said stays' }],
  run: async (terminal, typed) => {
    const key = textArgument(typed, 0)
    const reply = await terminal.call('repo-remove', key === undefined ? {} : { key })
    return terminal.print<RepoRemoveData>(reply, ({ repository }) => `${visible(repository)} is no longer coordinated on this host`)
  }
}

export const repo: Command = {
  name: 'repo',
  group: 'here',
  summary: 'repositories that this host coordinates: add, list, link, remove',
  commands: [add, list, link, remove],
  examples: [{ line: 'skein repo', does: 'the same as skein repo list' }],
  run: list.run
}
