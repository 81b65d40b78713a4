// The smallest store: a value, a way to change it, a hook to read it.
import { useSyncExternalStore } from 'react';

export function createStore(initial) {
  let value = initial;
  const readers = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      readers.forEach((read) => read());
    },
    subscribe(read) {
      readers.add(read);
      return () => readers.delete(read);
    },
  };
}

export const useStore = (store) => useSyncExternalStore(store.subscribe, store.get);
