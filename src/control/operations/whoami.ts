import { z } from 'zod'
import { operation } from '../operation.js'
import { repositoryHere } from '../place.js'
import { shownHostId } from '../words.js'

const args = z.object({})

const data = z.object({
  host: z.string(),
  host_id: z.string(),
  session: z.string(),
  /** How the session was found: `SKEIN_SESSION`, `the claude process 1234`, `tmux pane %3` … */
  found: z.string(),
  mesh: z.string(),
  mesh_id: z.string(),
  home: z.string(),
  repository: z.object({ key: z.string(), from: z.string(), enrolled: z.boolean() }).nullable(),
  checkout: z.object({ root: z.string(), branch: z.string().nullable() }).nullable()
})

export type WhoamiData = z.infer<typeof data>

/** Who is asking, from where: host, session and how it was found, repository, checkout and mesh. */
export const whoami = operation({
  name: 'whoami',
  args,
  data,
  tells: false,
  run: async ({ host, session, caller, cwd }) => {
    const place = await repositoryHere(host, cwd)
    const here = place.ok ? place.value : null
    return {
      ok: true,
      data: {
        host: host.nameOf(host.replica.key),
        host_id: shownHostId(host.replica.hostId),
        session,
        found: caller.found,
        mesh: host.settings.meshName,
        mesh_id: host.settings.mesh,
        home: host.paths.folder,
        repository: here === null ? null : { key: here.repository.key, from: here.repository.from, enrolled: here.enrolled },
        checkout: here === null ? null : { root: here.checkout.root, branch: here.checkout.branch }
      }
    }
  }
})
