// Returns from each function the result of the host function of the same name.

import * as host from 'guests:echo/values';

const names = Object.keys(host.default ?? host);
export const values = Object.fromEntries(
  names.map(name => [name, (...given) => (host.default ?? host)[name](...given)]),
);
