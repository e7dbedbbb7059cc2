import { decreesIn, type Decrees } from '../core/coordination/policy/decrees.js'
import type { Host } from '../host/host.js'

/** What operators said and stands, each repository under its key in force. */
export const decreesOf = ({ replica }: Host): Decrees => decreesIn(replica.acts.roster(), replica.view.repositories)
