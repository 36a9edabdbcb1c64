"""Async functions, streams and futures."""

import asyncio

import wit_world
from componentize_py_async_support import spawn
from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports import source


async def write_all(writer, values):
    with writer:
        for value in values:
            if await writer.write_all([value]) == 0:
                return


async def double(numbers, writer):
    with numbers, writer:
        while not numbers.writer_dropped:
            read = await numbers.read(16)
            await writer.write_all([it * 2 for it in read])


async def promise(text, writer):
    await writer.write(await source.shout(text))


class Work(exports.Work):
    async def greet(self, name):
        return f"Hello, {await source.shout(name)}!"

    async def both(self, one, two):
        return tuple(await asyncio.gather(source.shout(one), source.shout(two)))

    async def sum(self, numbers):
        total = 0
        with numbers:
            while not numbers.writer_dropped:
                total += sum(await numbers.read(16))
        return total

    async def sum_of_source(self, count):
        return await self.sum(source.numbers(count))

    async def count_up(self, to):
        writer, reader = wit_world.u32_stream()
        spawn(write_all(writer, range(to)))
        return reader

    async def double(self, numbers):
        writer, reader = wit_world.u32_stream()
        spawn(double(numbers, writer))
        return reader

    async def ask(self, question):
        return f"{await question.read()}? 42."

    async def promise(self, text):
        writer, reader = wit_world.string_future(lambda: "nothing")
        spawn(promise(text, writer))
        return reader

    async def tell_secret(self):
        return await source.secret().read()

    async def save(self, text):
        writer, reader = wit_world.byte_stream()
        stored = source.store(reader)
        with writer:
            await writer.write_all(text.encode())
        match await stored.read():
            case Ok(count):
                return count
            case Err(error):
                raise Err(error)

    async def answer(self, after, key):
        return await source.answer(after, key) + 1

    async def take(self, numbers, count):
        taken = []
        with numbers:
            while len(taken) < count and not numbers.writer_dropped:
                taken += await numbers.read(1)
        return taken

    def fail(self):
        raise ValueError("as was asked")
