import type { Fault } from './network.js'
import { FORTUNE_FAULTS } from './fortune.js'
import { MACHINE_FAULTS } from './machine.js'
import { MEMBER_FAULTS } from './members.js'
import { NETWORK_FAULTS } from './network.js'
import { OPERATOR_FAULTS } from './operators.js'

/** Everything that can go wrong, by name. */
export const FAULTS = { ...NETWORK_FAULTS, ...MACHINE_FAULTS, ...FORTUNE_FAULTS, ...MEMBER_FAULTS, ...OPERATOR_FAULTS } satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof FAULTS

/** How often each happens, against the others. */
export type FaultWeights = Readonly<Partial<Record<FaultName, number>>>
