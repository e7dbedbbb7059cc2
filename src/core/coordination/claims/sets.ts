/** Puts a value into the set of a key. */
export const put = <Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void => {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}

/** Takes a value out of the set of a key, and an empty set with it. */
export const drop = <Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void => {
  const set = sets.get(key)
  if (set?.delete(value) === true && set.size === 0) sets.delete(key)
}
