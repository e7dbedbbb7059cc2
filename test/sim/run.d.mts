export interface Play {
  /** Where `compile` put the plain JavaScript. */
  readonly folder: string
  /** Of the scenario. */
  readonly name?: string
  readonly from?: number
  readonly seeds: number
  readonly workers?: number
  /** No history begins after it, in `Date.now()`. */
  readonly deadline?: number
  /** Ends with the first history that fails. */
  readonly enough?: boolean
  /** Name of a fault built into the program under test. */
  readonly sabotage?: string
}

export interface Played {
  readonly name: string
  readonly asked: number
  readonly done: number
  readonly failed: number
  readonly failures: readonly { readonly seed: number; readonly failure: string }[]
  readonly occurred: Readonly<Record<string, number>>
  readonly ms: number
  /** Processor time of this process meanwhile, all threads. */
  readonly cpuMs: number
}

export declare const play: (play: Play) => Promise<Played>
export declare const scenarioNames: (folder: string) => Promise<readonly string[]>
