export declare const ROOT: string

export interface Compiled {
  readonly folder: string
  /** Puts other source text in a file's place; the path is that of the source. */
  readonly write: (path: string, text: string) => void
  readonly remove: () => void
}

export declare const compile: (root?: string) => Compiled
