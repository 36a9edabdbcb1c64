// Gives each function what the host's function of the same name gives it.

import * as host from 'guests:echo/values';

const names = Object.keys(host.default ?? host);
export const values = Object.fromEntries(
  names.map(name => [name, (...given) => (host.default ?? host)[name](...given)]),
);
