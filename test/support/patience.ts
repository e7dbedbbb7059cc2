import { availableParallelism, loadavg } from 'node:os'

/** A bound in milliseconds for a machine that has nothing else to do, as long as it has to be on this one now. */
export const patientMs = (ms: number): number => Math.round(ms * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()))
