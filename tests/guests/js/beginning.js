// The first component of a pipeline of three.

export const numbers = {
  async count(to) {
    return (async function* () {
      for (let number = 0; number < to; number++) yield number;
    })();
  },
};
