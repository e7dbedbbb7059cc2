/**
 * What tells the place where a store lies from every other one: the machine, and what the file system says of the store's sentinel, a file
 * that is written once. A copy, a restored backup and an image differ in at least one of them, a folder that was moved in none. What a
 * system does not tell is left out.
 */
export type PlaceFacts = ReadonlyMap<PlaceFact, string>

export type PlaceFact = 'machine' | 'inode' | 'birth' | 'ctime'
