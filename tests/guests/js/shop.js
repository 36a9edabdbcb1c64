// Strings, records, variants and errors.

import { note } from 'guests:shop/audit';
export const catalogue = {
  greet(name) { note(`greeting ${name}`); globalThis.console?.log(`to stdout: ${name}`); return `Hello, ${name}!`; },
  find(items, by) {
    if (by.tag === 'all') return items;
    if (by.tag === 'named') return items.filter(i => i.name === by.val);
    return items.filter(i => i.price < by.val);
  },
  total(items) {
    if (!items.length) throw 'nothing to add';
    const sum = items.reduce((sum, i) => sum + i.price, 0);
    return globalThis.wit ? sum : BigInt(sum);
  },
};
