// Async functions, streams and futures.

import source from 'guests:pipes/held-source';

export const work = {
  async greet(name) {
    return `Hello, ${await source.shout(name)}!`;
  },
  async both(one, two) {
    return await Promise.all([source.shout(one), source.shout(two)]);
  },
  async sum(numbers) {
    let total = 0;
    for await (const number of numbers) total += number;
    return total;
  },
  async sumOfSource(count) {
    return await work.sum(source.numbers(count));
  },
  async countUp(to) {
    return (async function* () {
      for (let i = 0; i < to; i++) yield i;
    })();
  },
  async double(numbers) {
    return (async function* () {
      for await (const number of numbers) yield number * 2;
    })();
  },
  async ask(question) {
    return `${await question.read()}? 42.`;
  },
  async promise(text) {
    // `STRING_2` is for futures of the exported interface, and `STRING` for those of the imported one.
    const { readable, writable } = wit.Future(wit.Future.STRING_2);
    writable.write(source.shout(text));
    return readable;
  },
  async tellSecret() {
    return await source.secret().read();
  },
  async save(text) {
    const { readable, writable } = wit.Stream(wit.Stream.U8);
    const stored = source.store(readable);
    await writable.writeAll(new Uint8Array([...text].map(it => it.charCodeAt(0))));
    writable.drop();
    const result = await stored.read();
    if (result.tag === 'err') throw result.val;
    return result.val;
  },
  async answer(after, key) {
    return (await source.answer(after, key)) + 1;
  },
  async take(numbers, count) {
    const taken = [];
    for await (const number of numbers) {
      taken.push(number);
      if (taken.length === count) break;
    }
    return taken;
  },
  fail() {
    throw new Error('as was asked');
  },
};
