// The first of three components in a row.

export const numbers = {
  async count(to) {
    return (async function* () {
      for (let number = 0; number < to; number++) yield number;
    })();
  },
};
