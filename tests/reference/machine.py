"""Runs programs of built-in calls on the executable reference, and compares what happens.

usage: machine.py DEFINITIONS < PROGRAMS

DEFINITIONS is the reference's `definitions.py`; PROGRAMS has one JSON object on each line:

  instances     the number of component instances
  wide          the instances with memories and tables of 64 bits: bit 0 is the first one's
  entries       the actions of guests and the host, in order: [operation, a, b, c, d]
  table_length  the largest number of handles, and of threads, of an instance
  goes_on       true if the program goes on after a trap
  choices       the choices that the spec leaves open: [choice, count, chosen]
  trace         the expected events, line by line

For each program it prints `ok`, or `differs LINE: WHAT` with the first line of the trace that
the reference does not have. `tests/src/programs` is the other side, and says what the operations are.
"""

import __future__
import functools
import json
import os
import re
import sys
import threading
import types

MEMORY_BYTES = 256
EVENT_ADDRESS = 248
RESULT_ADDRESS = 240
MESSAGE_ADDRESS = 232
WIDE_MESSAGE_ADDRESS = 144
REALLOC_ADDRESS = 200
STRINGS_ADDRESS = 144
WIDE_STRINGS_ADDRESS = 64
TEXT_ADDRESS = 176
LOG_ADDRESS = 196
REFUSED_BYTES = 18
# The host only has ends of bytes.
HOST_CALLABLE = 13
ENCODINGS = ['utf8', 'utf16', 'latin1+utf16']
# For an instance of 64 bits, numbers from this one on stand for those from 4 GiB on.
BEYOND = 1_000_000_000
# The positions of start functions in their table: the right one, none, one of another type, and a
# position after the last one.
START_FUNCTIONS = [1, 0, 2, 3]
# The built-ins that no `post-return` function calls, because `definitions.py` does not have them.
NOT_AFTER_RETURN = ['thread.available-parallelism']
TAG = 1 << 31
STRINGS = [
  ('a\u00e9\u20ac\U0001f600b'.encode('utf-8'), [(0, 1), (0, 6), (0, 11), (2, 1)]),
  ('a\u00e9\u20ac\U0001f600b'.encode('utf-16-le'), [(0, 2), (0, 3), (0, 6), (6, 1)]),
  (b'a\xe9a\0\xac\x20a\0\xe9\0', [(0, 2), (2, TAG | 2), (6, TAG | 2), (3, TAG | 1)]),
]


def load_reference(path):
  reference = types.ModuleType('definitions')
  with open(path) as file:
    source = file.read()
  flags = __future__.annotations.compiler_flag
  # dataclasses look their module up.
  sys.modules['definitions'] = reference
  exec(compile(source, path, 'exec', flags = flags), reference.__dict__)
  reference.source_lines = source.splitlines()
  return reference


def load_spawning(definitions):
  """Returns the code of `canon_thread_spawn_...`, and all lines of the text that it is from:
  `definitions.py` does not have these functions."""
  folder = os.path.dirname(os.path.dirname(os.path.abspath(definitions)))
  path = os.path.join(folder, 'CanonicalABI.md')
  with open(path, encoding = 'utf-8') as file:
    text = file.read()
  block = re.compile(r'^```python\n(def canon_thread_spawn_.*?)^```$', re.DOTALL | re.MULTILINE)
  # Each function keeps the number of its line.
  source = ''
  for found in block.finditer(text):
    source += '\n' * (text.count('\n', 0, found.start(1)) - source.count('\n')) + found[1]
  flags = __future__.annotations.compiler_flag
  return compile(source, path, 'exec', flags = flags), text.splitlines()


class Differs(BaseException):
  pass


class Abort(BaseException):
  """Ends a thread that a program left suspended."""


# The sites of traps that the reference doesn't have.
LOCKED_DOWN = ('lockdown', 'inst.is_locked_down')
OUT_OF_BOUNDS = ('store', 'ptr + size > len(memory)')
OTHER_TRAPS = {
  LOCKED_DOWN: 'trap cannot-enter-component-instance',
  OUT_OF_BOUNDS: 'trap pointer-out-of-bounds',
}


def is_locked_down(instance):
  return getattr(instance, 'is_locked_down', False)


class Program:
  """One program, with its position."""

  def __init__(self, reference, case):
    self.reference = reference
    self.case = case
    self.entries = iter(case['entries'])
    self.choices = iter(case['choices'])
    self.position = 0
    self.threads = 0
    self.calls = 0
    self.next_call = None
    self.continuations = []
    self.snapshots = {}
    self.host_calls = []
    self.hosted_calls = []
    self.host_ends = []
    self.trapped_instances = set()
    self.is_over = False
    reference.Table.MAX_LENGTH = case['table_length']
    self.store = reference.Store()
    self.world = World(self, case['instances'], case.get('wide', 0))

  # --- the trace

  def emit(self, line):
    trace = self.case['trace']
    expected = trace[self.position] if self.position < len(trace) else None
    if line != expected:
      raise Differs(f'{self.position}: the reference does `{line}`, and Weft `{expected}`')
    self.position += 1

  def next_entry(self):
    self.emit_snapshots()
    return next(self.entries, None)

  def emit_snapshots(self):
    for key, line in self.world.snapshots():
      if self.snapshots.get(key) != line:
        self.snapshots[key] = line
        self.emit(line)

  # --- traps

  def emit_trap(self, trap):
    """Compares a trap with the next line of the trace."""
    name, condition = trap.args[0]
    trace = self.case['trace']
    expected = trace[self.position] if self.position < len(trace) else ''
    if not is_trap(self.case['sites'], expected, name, condition):
      raise Differs(f'{self.position}: the reference traps with `{name}: {condition}`, and Weft does `{expected}`')
    self.position += 1

  def lock_down(self):
    """Locks the instances down that were part of the call that trapped.

    `definitions.py` ends with a trap. This is the text of "Component invariants" instead: no thread
    of these instances runs again, they are not entered, and their memories are not accessed.
    """
    for instance in self.trapped_instances:
      instance.is_locked_down = True
    self.trapped_instances.clear()
    for end in self.ends():
      if end.owner is not None and is_locked_down(end.owner):
        end.buffer = None
    waiting = self.store.waiting
    waiting[:] = [thread for thread in waiting if not is_locked_down(thread.task.inst)]

  def ends(self):
    """Yields all ends of streams and futures, some twice. A built-in that traps may have taken an end
    out of its table, so that only the other end refers to it."""
    ends = [end for end in self.host_ends if end is not None]
    for instance in self.world.instances:
      ends += (handle for handle in instance.handles if isinstance(handle, self.reference.End))
    for end in ends:
      yield end
      if end.other is not None:
        yield end.other

  def check_not_locked_down(self):
    """Traps if the current instance, to which a call returns, is locked down."""
    if is_locked_down(self.reference.current_instance()):
      raise self.reference.Trap(LOCKED_DOWN)

  # --- choices

  def choose(self, choice, count):
    """Returns the recorded choice among at least two possibilities."""
    recorded = next(self.choices, None)
    if recorded is None or recorded[0] != choice or recorded[1] != count:
      raise Differs(f'{self.position}: the reference chooses `{choice}` among {count}, and Weft {recorded}')
    return recorded[2]

  def choose_thread(self, choice, candidates):
    if len(candidates) == 1:
      return candidates[0]
    chosen = self.choose(choice, len(candidates))
    for thread in candidates:
      if self.thread_name(thread) == chosen:
        return thread
    names = [self.thread_name(thread) for thread in candidates]
    raise Differs(f'{self.position}: {chosen} is not one of the ready threads {names}')

  def thread_name(self, thread):
    if thread is None:
      return '-'
    number = getattr(thread, 'number', None)
    if number is not None:
      return f'T{number}'
    if thread.index is not None:
      return f'{self.world.name_of(thread.task.inst)}.t{thread.index}'
    return f'C{call_number(thread.task.on_start)}'

  def appear(self):
    """Numbers the current thread, which runs guest code for the first time."""
    thread = self.reference.current_thread()
    if getattr(thread, 'number', None) is None:
      thread.number = self.threads
      self.threads += 1
    return thread

  def new_call(self):
    number = self.calls
    self.calls += 1
    return number


def call_number(on_start):
  number = getattr(on_start, 'call_number', None)
  if number is not None:
    return number
  return closure(on_start)['subtask'].call_number


def closure(function):
  """Returns the variables of `function` that belong to the function around it."""
  cells = zip(function.__code__.co_freevars, function.__closure__ or ())
  return {name: cell.cell_contents for name, cell in cells}


def has_locked_down_caller(on_start):
  if hasattr(on_start, 'call_number'):
    return False
  return is_locked_down(closure(on_start)['cx'].inst)


def frame_name(frame):
  return getattr(frame.f_code, 'co_qualname', frame.f_code.co_name)


def patch(reference, current, spawning):
  """Replaces the reference's choices, traps and threads by those of programs, and adds the
  functions of `spawning`.

  `current` returns the program that runs.
  """

  def site(frame):
    line = frame.f_globals['source_lines'][frame.f_lineno - 1].strip()
    name = frame_name(frame).split('.<locals>')[0]
    condition = line[len('trap_if('):-1] if line.startswith('trap_if(') else line
    # `canon_thread_spawn_...` have no variable for it.
    return name, condition.replace('current_instance()', 'inst')

  def trap():
    raise reference.Trap(site(sys._getframe(1)))

  def trap_if(condition):
    if condition:
      raise reference.Trap(site(sys._getframe(1)))

  class Random:
    def choice(self, candidates):
      frame = sys._getframe(1)
      choice = {
        'tick': 'tick',
        'request_cancellation': 'cancellation',
        'canon_lift': 'sync-call',
      }[frame.f_code.co_name]
      return current().choose_thread(choice, candidates)

    def randint(self, low, high):
      frame = sys._getframe(1)
      match frame.f_code.co_name:
        case 'wait_until':
          match frame.f_back.f_code.co_name:
            case 'enter_implicit_thread':
              return current().choose('enter', 2) == 1
            case 'yield_' | 'thread_func':
              return current().choose('yield', 2) == 1
            case 'wait' | 'wait_from_callback':
              return current().choose('wait', 2) == 0
        case 'request_cancellation':
          # The loop ends anyway.
          if frame.f_locals['self'].state == reference.Task.State.RESOLVED:
            return True
          return current().choose('cancellation-goes-on', 2) == 0
        case 'cancel':
          return current().choose('host-copy-cancelled', 2) == 0
        case 'canon_error_context_new':
          return current().choose('debug-message', 2) == 1
      raise AssertionError(f'a choice in {frame_name(frame)}')

    def shuffle(self, elems):
      pending = [elem for elem in elems if elem.has_pending_event()]
      if len(pending) < 2:
        return
      program = current()
      chosen = program.choose('event', len(pending))
      for elem in pending:
        if program.world.index_of(elem) == chosen:
          elems.remove(elem)
          elems.insert(0, elem)
          return
      raise Differs(f'{program.position}: waitable {chosen} has no event')

  class Subtask(reference.Subtask):
    def __init__(self):
      super().__init__()
      program = current()
      self.call_number = program.next_call
      program.next_call = None

  def cont_new(f):
    worker = idle.pop() if idle else Worker()
    cont = reference.Continuation()
    cont.lock = worker.lock
    cont.is_aborted = False
    cont.is_resumed = False
    worker.cont = cont
    worker.f = f
    current().continuations.append(cont)
    return cont

  idle = []

  class Worker:
    """A thread that runs one continuation after another; `lock` is released to start one."""

    def __init__(self):
      self.lock = reference.new_already_acquired_lock()
      threading.Thread(target = self.run, daemon = True).start()

    def run(self):
      while True:
        self.lock.acquire()
        self.run_cont()
        idle.append(self)

    def run_cont(self):
      cont = self.cont
      if cont.is_aborted:
        return
      reference.thread_local_handler.value = cont.handler
      failure = None
      switch_to = None
      try:
        switch_to = self.f()
      except Abort:
        return
      except BaseException as error:
        failure = error
      handler = reference.thread_local_handler.value
      handler.cont = None
      handler.switch_to = switch_to
      handler.failure = failure
      handler.lock.release()

  def resume(cont, thread):
    handler = reference.Handler()
    handler.lock = reference.new_already_acquired_lock()
    handler.current_thread = thread
    handler.failure = None
    cont.handler = handler
    cont.is_resumed = True
    cont.lock.release()
    handler.lock.acquire()
    if handler.failure is not None:
      current().trapped_instances.add(thread.task.inst)
      raise handler.failure
    return (handler.cont, handler.switch_to)

  def suspend(switch_to):
    cont = reference.Continuation()
    cont.lock = reference.new_already_acquired_lock()
    cont.is_aborted = False
    cont.is_resumed = False
    current().continuations.append(cont)
    handler = reference.thread_local_handler.value
    handler.cont = cont
    handler.switch_to = switch_to
    handler.lock.release()
    cont.lock.acquire()
    if cont.is_aborted:
      raise Abort()
    reference.thread_local_handler.value = cont.handler

  canon_lift = reference.canon_lift

  def lift(callee, ft, opts, inst, on_start, on_resolve):
    if is_locked_down(inst):
      raise reference.Trap(LOCKED_DOWN)
    try:
      return canon_lift(callee, ft, opts, inst, on_start, on_resolve)
    except BaseException:
      current().trapped_instances.add(inst)
      raise

  request_cancellation = reference.Task.request_cancellation

  def request(task):
    if not is_locked_down(task.inst):
      request_cancellation(task)

  deliver_pending_cancel = reference.Task.deliver_pending_cancel

  def deliver(task):
    if task.state == reference.Task.State.INITIAL and has_locked_down_caller(task.on_start):
      # Its arguments cannot be lifted.
      closure(task.on_start)['subtask'].cancellation_requested = True
      task.state = reference.Task.State.PENDING_CANCEL
    return deliver_pending_cancel(task)

  def ends_program(function):
    """Ends the program if `function` traps: it has taken handles from others, which live on."""
    def ending(*args):
      try:
        return function(*args)
      except reference.Trap:
        current().is_over = True
        raise
    return ending

  def check_range(memory, ptr, size):
    if ptr + size > len(memory):
      raise reference.Trap(OUT_OF_BOUNDS)

  unpack_event = reference.unpack_event
  store_string = reference.store_string
  store_string_into_range = reference.store_string_into_range

  # The reference asserts that the address of an event is valid, and does not check that of a debug
  # message at all. Both must trap, as other addresses do.
  def checked_unpack_event(mem, inst, ptr, event):
    check_range(mem, ptr, 8)
    return unpack_event(mem, inst, ptr, event)

  def checked_store_string(cx, v, ptr):
    check_range(cx.opts.memory, ptr, 2 * cx.opts.memory.ptr_size())
    store_string(cx, v, ptr)

  # `retagged` in `abi.py` says why.
  def store_retagged(cx, v):
    text, encoding, units = v
    tags = [reference.utf16_tag(ptr_type) for ptr_type in ('i32', 'i64')]
    if encoding == 'latin1+utf16' and units & sum(tags):
      units = units & ~sum(tags) | reference.utf16_tag(cx.opts.memory.ptr_type())
    return store_string_into_range(cx, (text, encoding, units))

  reference.unpack_event = checked_unpack_event
  reference.store_string = checked_store_string
  reference.store_string_into_range = store_retagged
  reference.Task.start = ends_program(reference.Task.start)
  reference.ReadableGuestBuffer.read = ends_program(reference.ReadableGuestBuffer.read)
  reference.WritableGuestBuffer.write = ends_program(reference.WritableGuestBuffer.write)
  reference.canon_lift = lift
  reference.Task.request_cancellation = request
  reference.Task.deliver_pending_cancel = deliver
  reference.trap = trap
  reference.trap_if = trap_if
  reference.random = Random()
  reference.Subtask = Subtask
  reference.cont_new = cont_new
  reference.resume = resume
  reference.suspend = suspend
  reference.host_defined_transformation = lambda message: message
  add_spawning(reference, current, *spawning)


def add_spawning(reference, current, code, source_lines):
  """Adds `canon_thread_spawn_...` to the reference: `code` is from the text."""

  class Profile:
    """The profile. Outside of the deterministic one, too, a thread may not be created."""
    def __bool__(self):
      return current().choose('spawn', 2) == 1

  def unshared(function):
    """Returns a function that takes `shared`, too, as the text's functions do."""
    def takes_shared(shared, *args):
      assert not shared
      return function(*args)
    return takes_shared

  def canon_thread_new_ref(ft, f, c):
    """The text says: like `canon_thread_new_indirect` minus the table access and type check. Both
    succeed for the only function of a table, and an empty entry stands for a null reference."""
    table = reference.Table()
    table.array.append(f)
    return reference.canon_thread_new_indirect(ft, table, 1, c)

  functions = dict(reference.__dict__)
  functions.update(
    source_lines = source_lines,
    DETERMINISTIC_PROFILE = Profile(),
    canon_thread_new_ref = unshared(canon_thread_new_ref),
    canon_thread_new_indirect = unshared(reference.canon_thread_new_indirect),
    canon_thread_resume_later = unshared(reference.canon_thread_resume_later),
  )
  exec(code, functions)
  for name in ('canon_thread_spawn_ref', 'canon_thread_spawn_indirect'):
    setattr(reference, name, functions[name])


class Function:
  """A function of a guest: the way it is lifted, and its type."""

  def __init__(self, params, result, is_async, lift):
    self.params = params
    self.result = result
    self.is_async = is_async
    self.lift = lift


@functools.cache
def memory(number, is_wide):
  """Returns the first contents of an instance's memory."""
  pattern = bytes((position * 37 + number * 11) & 0xff for position in range(MEMORY_BYTES))
  memory = bytearray(pattern)
  for position in range(128, 144):
    memory[position] = ord('a') + (position - 128)
  text, strings = STRINGS[number % 3]
  memory[TEXT_ADDRESS:TEXT_ADDRESS + len(text)] = text
  size = 8 if is_wide else 4
  address = WIDE_STRINGS_ADDRESS if is_wide else STRINGS_ADDRESS
  for place, length in strings:
    if is_wide and length & TAG:
      length = length ^ TAG | 1 << 63
    for word in (TEXT_ADDRESS + place, length):
      memory[address:address + size] = word.to_bytes(size, 'little')
      address += size
  return bytes(memory)


class World:
  """The objects of a program, which differ only in the instances' number and address types."""

  def __init__(self, program, count, wide):
    reference = program.reference
    self.program = program
    self.instances = [reference.ComponentInstance(program.store) for _ in range(count)]
    self.memories = []
    for number in range(count):
      is_wide = bool(wide >> number & 1)
      contents = bytearray(memory(number, is_wide))
      self.memories.append(reference.MemInst(contents, 'i64' if is_wide else 'i32'))
    self.resources = []
    for number, instance in enumerate(self.instances):
      self.resources.append(reference.ResourceType(instance, self.destructor(number)))
    own = reference.OwnType(self.resources[0])
    borrow = reference.BorrowType(self.resources[0])
    u8, boolean, u64 = reference.U8Type(), reference.BoolType(), reference.U64Type()
    string = reference.StringType()
    stream = reference.StreamType(u8)
    streams = [u8, boolean, None, own, u64, reference.TupleType([u8, u64]), string, stream]
    futures = [u8, boolean, None, string, u64]
    self.streams = [reference.StreamType(element) for element in streams]
    self.futures = [reference.FutureType(element) for element in futures]
    self.ends = self.streams + self.futures
    stream, future = self.streams[0], self.futures[0]
    error_context = reference.ErrorContextType()
    self.functions = [
      Function([], [], False, 'sync'),
      Function([], [], False, 'post-return'),
      Function([], [], True, 'sync'),
      Function([], [], True, 'stackful'),
      Function([], [], True, 'callback'),
      Function([stream], [], True, 'callback'),
      Function([own], [], True, 'callback'),
      Function([borrow], [], False, 'sync'),
      Function([borrow], [], True, 'callback'),
      Function([], [stream], True, 'stackful'),
      Function([future], [future], True, 'sync'),
      Function([error_context], [error_context], True, 'callback'),
      Function([own], [own], False, 'sync'),
      Function([self.streams[3]], [], True, 'callback'),
      Function([self.streams[4]], [], True, 'callback'),
      Function([self.streams[5]], [], True, 'callback'),
      Function([self.streams[6]], [], True, 'callback'),
      Function([self.streams[7]], [], True, 'callback'),
      Function([self.futures[3]], [], True, 'callback'),
    ]
    self.host_functions = [
      Function([], [], True, 'host'),
      Function([stream], [], True, 'host'),
    ]
    self.lifted_functions = {}
    self.hosts = [self.host_function(index) for index in range(len(self.host_functions))]

  # --- names

  def name_of(self, instance):
    return f'i{self.instances.index(instance)}'

  def index_of(self, waitable):
    if isinstance(waitable, self.program.reference.End):
      return waitable.index
    for instance in self.instances:
      for index, handle in enumerate(instance.handles.array):
        if handle is waitable:
          return index
    return 0

  # --- definitions

  def address_type(self, number):
    return self.memories[number].ptr_type()

  def widened(self, instance, number):
    """Returns the address, length, position or word for a number of an entry."""
    if self.address_type(instance) == 'i64' and number >= BEYOND:
      return (1 << 32) + number - BEYOND
    return number

  def slots(self, number):
    ty = self.address_type(number)
    return [self.program.reference.canon_context_get(ty, slot)[0] for slot in (0, 1)]

  def options(self, number, is_async = False, callback = None, post_return = None):
    options = self.program.reference.CanonicalOptions()
    options.memory = self.memories[number]
    options.string_encoding = 'utf8'
    options.realloc = self.realloc(number)
    options.post_return = post_return
    options.async_ = is_async
    options.callback = callback
    return options

  def element_options(self, number, is_async):
    options = self.options(number, is_async = is_async)
    options.string_encoding = ENCODINGS[number % 3]
    options.realloc = self.allocate(number)
    return options

  def allocate(self, number):
    """Returns the `realloc` of elements, which leaves a note in the memory."""
    def core(args):
      old, old_length, alignment, length = args
      slots = self.slots(number)
      memory = self.memories[number].bytes
      log = load_word(memory, LOG_ADDRESS) * 31 + old_length * 7 + length * 3 + alignment
      log = (log + slots[0] * 5 + slots[1]) & 0xffff_ffff
      store_word(memory, LOG_ADDRESS, log)
      if length == REFUSED_BYTES:
        is_wide = self.address_type(number) == 'i64'
        return [(1 << 32) + REALLOC_ADDRESS if is_wide else 0xffff_fff0]
      address = LOG_ADDRESS + 4 + 8 * (log & 3)
      kept = min(old_length, length)
      memory[address:address + kept] = memory[old:old + kept]
      return [address]
    return core

  def realloc(self, number):
    def core(args):
      slots = self.slots(number)
      self.program.emit(f'realloc i{number} {args[3]} context {slots[0]} {slots[1]}')
      return [REALLOC_ADDRESS]
    return core

  def destructor(self, number):
    def core(args):
      thread = self.program.appear()
      self.program.emit(f'destructor T{thread.number} {args[0]}')
      return self.run(number, None, 'destructor')
    return core

  def lifted(self, number, index):
    """Returns a function of an instance, which is lifted when it is called for the first time."""
    key = number, index
    if key not in self.lifted_functions:
      self.lifted_functions[key] = self.lift(number, index)
    return self.lifted_functions[key]

  def lift(self, number, index):
    reference = self.program.reference
    function = self.functions[index]
    ft = reference.FuncType(function.params, function.result, async_ = function.is_async)

    def core(args):
      thread = self.program.appear()
      words = ''.join(f' {arg}' for arg in args)
      self.program.emit(f'call T{thread.number} i{number}.f{index}{words}')
      return self.run(number, function, function.lift)

    def callback(args):
      thread = self.program.appear()
      code, p1, p2 = args
      self.program.emit(f'callback T{thread.number} {int(code)} {p1} {int(p2)}')
      return self.run(number, function, 'callback')

    def post_return(args):
      thread = self.program.appear()
      self.program.emit(f'post-return T{thread.number}')
      Guest(self.program, self, number, function, 'post-return').post_return()
      return []

    options = self.options(
      number,
      is_async = function.lift in ('stackful', 'callback'),
      callback = callback if function.lift == 'callback' else None,
      post_return = post_return if function.lift == 'post-return' else None,
    )
    function_options = options
    lifted = self.program.store.lift(core, ft, options, self.instances[number])
    lifted.options = function_options
    return lifted

  def host_function(self, index):
    function = self.host_functions[index]

    def host(on_start, on_resolve):
      program = self.program
      call = HostedCall(call_number(on_start), on_start, on_resolve)
      program.hosted_calls.append(call)
      program.emit(f'host-call C{call.number} h{index}')
      run_host(program, 'call')
      program.check_not_locked_down()

      def on_cancel():
        call.is_cancelled = True
        program.emit(f'host-cancel C{call.number}')
        run_host(program, 'call')
        program.check_not_locked_down()
      return on_cancel
    return host

  # --- guests

  def run(self, number, function, kind):
    """Runs guest code on the current thread until it returns."""
    program = self.program
    guest = Guest(program, self, number, function, kind)
    while True:
      entry = program.next_entry()
      if entry is None:
        return guest.returns(0, 0, 0)
      result = guest.perform(entry)
      if result is not None:
        return result

  # --- snapshots

  def snapshots(self):
    for number, instance in enumerate(self.instances):
      yield f'i{number}', self.instance_line(number, instance)
    yield 'host', self.host_line()

  def instance_line(self, number, instance):
    if is_locked_down(instance):
      return f'i{number} is locked down'
    program = self.program
    reference = program.reference
    words = [
      f'i{number}',
      f'b{instance.backpressure}',
      f'w{instance.num_waiting_to_enter}',
      f'x={program.thread_name(instance.exclusive_thread)}',
      f'l{int(instance.may_leave)}',
      f'm{checksum(bytes(self.memories[number].bytes)):08x}',
    ]
    for index, handle in enumerate(instance.handles.array):
      if handle is not None:
        words.append(f'h{index}={self.handle_word(handle)}')
    for index, thread in enumerate(instance.threads.array):
      if thread is not None:
        words.append(f't{index}={self.thread_word(thread)}')
    return ' '.join(words)

  def thread_word(self, thread):
    name = self.program.thread_name(thread)
    if thread.running():
      return f'{name}:R'
    if thread.suspended():
      return f'{name}:S'
    return f'{name}:W+' if thread.ready() else f'{name}:W-'

  def handle_word(self, handle):
    reference = self.program.reference
    if isinstance(handle, reference.ResourceHandle):
      kind = self.resources.index(handle.rt)
      return f'R{kind}:{handle.rep}:{"o" if handle.own else "b"}:{handle.num_lends}'
    if isinstance(handle, reference.WaitableSet):
      pending = sum(elem.has_pending_event() for elem in handle.elems)
      return f'W:{len(handle.elems)}:{pending}:{handle.num_waiting}'
    if isinstance(handle, reference.ErrorContext):
      return 'X'
    flags = ''.join(str(int(flag)) for flag in (
      handle.in_waitable_set(), handle.has_pending_event(), handle.has_sync_waiter,
    ))
    if isinstance(handle, reference.End):
      return f'E:{self.end_word(handle)}:{flags}'
    delivered = int(handle.resolve_delivered())
    return f'S:{int(handle.state)}:{delivered}:{flags}'

  def end_word(self, end):
    reference = self.program.reference
    is_stream = isinstance(end, reference.StreamEnd)
    types, first = (self.streams, 0) if is_stream else (self.futures, len(self.streams))
    kind = first + next(at for at, ty in enumerate(types) if ty.t == end.t)
    readable = (reference.ReadableStreamEnd, reference.ReadableFutureEnd)
    direction = 'r' if isinstance(end, readable) else 'w'
    return f'{kind}{direction}{end.state.name[:2]}'

  def host_line(self):
    words = ['host']
    for call in self.program.host_calls:
      words.append(f'C{call.number}={call.state}')
    for number, end in enumerate(self.program.host_ends):
      if end is not None:
        words.append(f'E{number}={self.end_word(end)}:{int(end.has_pending_event())}')
    return ' '.join(words)


def load_word(memory, address):
  return int.from_bytes(memory[address:address + 4], 'little')


def store_word(memory, address, word):
  memory[address:address + 4] = word.to_bytes(4, 'little')


@functools.lru_cache(maxsize = 4096)
def checksum(memory):
  """Returns the FNV-1a checksum."""
  hashed = 0x811c9dc5
  for byte in memory:
    hashed = ((hashed ^ byte) * 0x01000193) & 0xffff_ffff
  return hashed


class Guest:
  """Guest code: the current thread, in one of its functions."""

  def __init__(self, program, world, number, function, kind):
    self.program = program
    self.world = world
    self.number = number
    self.function = function
    self.kind = kind
    self.thread = program.reference.current_thread()

  def log(self, words):
    self.program.emit(f'T{self.thread.number} {words}')

  def returns(self, a, b, c):
    self.log(f'return {a} {b} {c}')
    self.thread.after_return = c
    match self.kind:
      case 'callback':
        return [(a & 0xf) | (b << 4)]
      case 'sync' | 'post-return':
        return [a for _ in self.function.result]
    return []

  def perform(self, entry):
    """Performs `entry`. If it returns from the function, returns the function's result."""
    operation, a, b, c, d = entry
    if operation.startswith('host.'):
      return None
    if operation == 'return':
      return self.returns(a, b, c)
    self.log(f'{operation} {a} {b} {c} {d}')
    result = self.calls(operation, [a, b, c, d])
    self.program.check_not_locked_down()
    self.log(f'= {result}')
    return None

  def calls(self, operation, numbers):
    name = operation.replace('.', '_').replace('-', '_')
    method = getattr(self, name, None)
    return method(*numbers) if method else self.built_in(name, numbers)

  def post_return(self):
    """Performs the `post-return` function: calls the built-in that the entry of the return names."""
    builtins = self.program.case['builtins']
    position = self.thread.after_return - 1
    if not 0 <= position < len(builtins) or builtins[position] in NOT_AFTER_RETURN:
      return
    builtin = builtins[position]
    self.program.emit(f'after-return T{self.thread.number} {builtin}')
    result = self.calls(builtin, [0, 0, 0, 0])
    self.program.emit(f'after-return T{self.thread.number} = {result}')

  # --- operations; `tests/src/programs/guest.rs` says the same of their numbers

  def call(self, instance, index, is_async, argument):
    program, world = self.program, self.world
    reference = program.reference
    offset = BEYOND if is_async >= BEYOND else 0
    is_async = bool(is_async & 1)
    instance %= len(world.instances) + 1
    if instance == len(world.instances):
      index %= len(world.host_functions)
      function, callee = world.host_functions[index], world.hosts[index]
    else:
      index %= len(world.functions)
      function, callee = world.functions[index], world.lifted(instance, index)
    ft = reference.FuncType(function.params, function.result, async_ = function.is_async)
    flat_args = [argument for _ in function.params]
    if is_async and function.result:
      flat_args.append(RESULT_ADDRESS + self.widened(offset))
    program.next_call = program.new_call()
    options = world.options(self.number, is_async = is_async)
    results = reference.canon_lower(callee, ft, options, flat_args)
    return ' '.join(str(int(result)) for result in results)

  def store(self, number, word, *_):
    store_word(self.world.memories[self.number].bytes, number % 16 * 4, word)
    return ''

  def widened(self, number):
    return self.world.widened(self.number, number)

  def result(self, results):
    return ' '.join(str(int(result)) for result in results)

  def event(self, results):
    memory = self.world.memories[self.number].bytes
    words = [load_word(memory, at) for at in (EVENT_ADDRESS, EVENT_ADDRESS + 4)]
    return f'{int(results[0])} {words[0]} {words[1]}'

  def built_in(self, name, numbers):
    """Calls a built-in with objects for the parameters that name one, and with numbers otherwise.

    The first number chooses the definition, if there is a choice: the type of a resource, stream
    or future, with `async` as bit 4; a slot; or `async` alone.
    """
    world = self.world
    function = getattr(self.program.reference, f'canon_{name}')
    parameters = function.__code__.co_varnames[:function.__code__.co_argcount]
    is_own = name == 'resource_new'
    has_type = not is_own and any(it in parameters for it in ('rt', 'stream_t', 'future_t'))
    left = list(numbers)
    chosen = left.pop(0) if has_type or 'async_' in parameters or 't' in parameters else 0
    is_async = bool(chosen >> (4 if has_type else 0) & 1)
    known = {
      'rt': world.resources[self.number if is_own else chosen % len(world.resources)],
      'stream_t': world.streams[(chosen & 0xf) % len(world.streams)],
      'future_t': world.futures[(chosen & 0xf) % len(world.futures)],
      'async_': is_async,
      'mem': world.memories[self.number],
    }
    if 't' in parameters:
      known.update(t = world.address_type(self.number), i = chosen & 1)
    if 'v' in parameters:
      known.update(v = self.widened(left[0]))
    if 'mem' in parameters:
      known.update(ptr = EVENT_ADDRESS + self.widened(left[1]))
    if 'opts' in parameters:
      known.update(opts = world.element_options(self.number, is_async))
      known.update(ptr = self.widened(left[1]), length = self.widened(left[2]))
    results = function(*(known[it] if it in known else left.pop(0) for it in parameters))
    if 'mem' in parameters:
      return self.event(results)
    if name in ('stream_new', 'future_new'):
      [packed] = results
      return f'{packed & 0xffff_ffff} {packed >> 32}'
    return self.result(results)

  def task_return(self, value, is_wrong, *_):
    reference = self.program.reference
    task = self.thread.task
    result = [reference.U8Type()] if is_wrong & 1 else task.ft.result
    options = task.opts if not is_wrong & 2 else reference.LiftOptions('utf16', task.opts.memory)
    flat_args = [value for _ in task.ft.result]
    return self.result(reference.canon_task_return(result, options, flat_args))

  def error_context_new(self, ptr, length, ptr_offset, length_offset):
    options = self.world.options(self.number)
    ptr = 128 + ptr % 8 + self.widened(ptr_offset)
    length = length % 5 + self.widened(length_offset)
    return self.result(self.program.reference.canon_error_context_new(options, ptr, length))

  def error_context_debug_message(self, index, offset, *_):
    options = self.world.options(self.number)
    is_wide = self.world.address_type(self.number) == 'i64'
    address = (WIDE_MESSAGE_ADDRESS if is_wide else MESSAGE_ADDRESS) + self.widened(offset)
    return self.result(
      self.program.reference.canon_error_context_debug_message(options, index, address))

  def start_functions(self):
    """Returns the type of start functions, and their table: nothing, one of this type, and one of
    another."""
    reference = self.program.reference
    number = self.number

    def start(args):
      thread = self.program.appear()
      self.program.emit(f'start T{thread.number} {args[0]}')
      return self.world.run(number, None, 'start')

    table = reference.Table()
    ft = reference.CoreFuncType([self.world.address_type(number)], [])
    table.array.append(reference.CoreFuncRef(ft, start))
    table.array.append(reference.CoreFuncRef(reference.CoreFuncType([], []), start))
    return ft, table

  def start_position(self, function, offset):
    return START_FUNCTIONS[function % len(START_FUNCTIONS)] + self.widened(offset)

  def thread_new_indirect(self, argument, function, offset, *_):
    ft, table = self.start_functions()
    position = self.start_position(function, offset)
    return self.result(self.program.reference.canon_thread_new_indirect(
      ft, table, position, self.widened(argument)))

  def thread_spawn_indirect(self, argument, function, offset, *_):
    ft, table = self.start_functions()
    position = self.start_position(function, offset)
    return self.result(self.program.reference.canon_thread_spawn_indirect(
      False, ft, table, position, self.widened(argument)))

  def thread_spawn_ref(self, argument, is_null, *_):
    ft, table = self.start_functions()
    function = None if is_null else table.array[START_FUNCTIONS[0]]
    return self.result(self.program.reference.canon_thread_spawn_ref(
      False, ft, function, self.widened(argument)))


class HostCall:
  """A call that the host made."""

  def __init__(self, number, callee):
    self.number = number
    self.callee = callee
    self.state = 0
    self.is_cancelled = False
    self.on_cancel = None


class HostedCall:
  """A call of a host function."""

  def __init__(self, number, on_start, on_resolve):
    self.number = number
    self.on_start = on_start
    self.on_resolve = on_resolve
    self.state = 0
    self.is_cancelled = False


class HostBuffer:
  """A buffer of the host, of bytes."""

  def __init__(self, reference, number, length):
    self.t = reference.U8Type()
    self.number = number
    self.length = length
    self.progress = 0
    self.values = []

  def remain(self):
    return self.length - self.progress

  def read(self, n):
    values = [(self.number * 16 + self.progress + at) & 0xff for at in range(n)]
    self.progress += n
    return values

  def write(self, values):
    self.values += values
    self.progress += len(values)


def run_host(program, kind):
  """Runs the host until it returns control; `kind` is `top` at the bottom of the stack."""
  host = Host(program)
  while True:
    entry = program.next_entry()
    depth = program.store.nesting_depth
    try:
      if entry is None:
        if kind == 'top' and host.drain():
          continue
        return
      operation, a, b, c, _ = entry
      if operation == 'host.done':
        if kind != 'top':
          program.emit('host.done')
          return
      elif operation.startswith('host.'):
        if operation == 'host.tick' and kind != 'top':
          continue
        name = operation[len('host.'):].replace('-', '_')
        getattr(host, 'return_' if name == 'return' else name)(a, b, c)
    except program.reference.Trap as trap:
      # A trap of `host.start` is outside of any call.
      program.is_over |= operation_of(entry) == 'host.start'
      if not program.case['goes_on'] or program.is_over:
        raise
      program.emit_trap(trap)
      program.store.nesting_depth = depth
      program.lock_down()


def operation_of(entry):
  return None if entry is None else entry[0]


class Host:
  """Performs the actions of the host."""

  def __init__(self, program):
    self.program = program

  def drain(self):
    """Lets everything that is ready run to its end, after the last entry."""
    store = self.program.store
    if not any(thread.ready() for thread in store.waiting):
      return False
    self.program.emit('host.tick')
    store.tick()
    return True

  def tick(self, *_):
    self.program.emit('host.tick')
    self.program.store.tick()

  def invoke(self, instance, index, value):
    program, world = self.program, self.program.world
    reference = program.reference
    instance %= len(world.instances)
    index %= HOST_CALLABLE
    function = world.functions[index]
    call = HostCall(program.new_call(), world.instances[instance])
    program.emit(f'host.invoke C{call.number} i{instance}.f{index}')
    if is_locked_down(call.callee):
      raise reference.Trap(LOCKED_DOWN)
    program.host_calls.append(call)

    def on_start():
      call.state = 1
      return [self.argument(param, value) for param in function.params]
    on_start.call_number = call.number

    def on_resolve(result):
      if result is None:
        call.state = 3 if call.state == 0 else 4
        return
      call.state = 2
      for value in result:
        if isinstance(value, reference.End):
          program.host_ends.append(value)

    call.on_cancel = program.store.invoke(world.lifted(instance, index), on_start, on_resolve)

  def argument(self, ty, value):
    program = self.program
    reference = program.reference
    match ty:
      case reference.StreamType() | reference.FutureType():
        make = reference.new_stream
        if isinstance(ty, reference.FutureType):
          make = reference.new_future
        readable, writable = make(ty.t, None)
        program.host_ends.append(writable)
        return readable
      case reference.ErrorContextType():
        return reference.ErrorContext(('host', 'utf8', 4))
    return value

  def cancel(self, number, *_):
    calls = self.program.host_calls
    if not calls:
      return
    call = calls[number % len(calls)]
    if call.state >= 2 or call.is_cancelled or is_locked_down(call.callee):
      return
    call.is_cancelled = True
    self.program.emit(f'host.cancel C{call.number}')
    call.on_cancel()

  def hosted(self, number, condition):
    calls = [
      call for call in self.program.hosted_calls
      if condition(call) and not has_locked_down_caller(call.on_start)
    ]
    return calls[number % len(calls)] if calls else None

  def start(self, number, *_):
    call = self.hosted(number, lambda call: call.state == 0)
    if call is None:
      return
    self.program.emit(f'host.start C{call.number}')
    call.state = 1
    for value in call.on_start():
      self.program.host_ends.append(value)

  def return_(self, number, *_):
    call = self.hosted(number, lambda call: call.state == 1)
    if call is None:
      return
    self.program.emit(f'host.return C{call.number}')
    call.state = 2
    call.on_resolve([])

  def cancelled(self, number, *_):
    call = self.hosted(number, lambda call: call.is_cancelled and call.state < 2)
    if call is None:
      return
    self.program.emit(f'host.cancelled C{call.number}')
    call.state = 2
    call.on_resolve(None)

  def end(self, number, states, condition = lambda end: True):
    ends = [
      (at, end) for at, end in enumerate(self.program.host_ends)
      if end is not None and end.state.name in states and condition(end)
    ]
    return ends[number % len(ends)] if ends else (None, None)

  def copy(self, number, length, *_):
    reference = self.program.reference
    at, end = self.end(number, ('IDLE',))
    if end is None:
      return
    if isinstance(end, reference.FutureEnd):
      length = 1
    length %= 9
    self.program.emit(f'host.copy E{at} {length}')
    end.copy(HostBuffer(reference, at, length))

  def cancel_copy(self, number, *_):
    at, end = self.end(number, ('COPYING',))
    if end is None:
      return
    self.program.emit(f'host.cancel-copy E{at}')
    end.cancel()

  def finish_cancellation(self, number, *_):
    def is_cancelled(end):
      other = end.other
      return (other is not None and other.state.name == 'CANCELLING_COPY'
              and not other.has_pending_event())
    at, end = self.end(number, ('IDLE', 'COPYING', 'CANCELLING_COPY', 'DONE'), is_cancelled)
    if end is None:
      return
    self.program.emit(f'host.finish-cancellation E{at}')
    end.other.notify(progress = 0)

  def drop(self, number, *_):
    at, end = self.end(number, ('IDLE', 'DONE'))
    if end is None:
      return
    self.program.emit(f'host.drop E{at}')
    self.program.host_ends[at] = None
    end.drop()

  def events(self, *_):
    for at, end in enumerate(self.program.host_ends):
      if end is not None and end.has_pending_event():
        code, _, payload = end.get_pending_event()
        self.program.emit(f'host.event E{at} {int(code)} {int(payload)}')


def run(program):
  """Runs a program. Returns the first difference, or nothing."""
  reference = program.reference
  try:
    try:
      program.emit_snapshots()
      run_host(program, 'top')
      program.emit('end')
    except reference.Trap as trap:
      program.emit_trap(trap)
    if program.position != len(program.case['trace']):
      raise Differs(f'{program.position}: the reference has ended, and Weft goes on')
    if next(program.choices, None) is not None:
      raise Differs(f'{program.position}: Weft has made more choices')
  except Differs as differs:
    return str(differs)
  except AssertionError as error:
    line = error.__traceback__
    while line.tb_next is not None:
      line = line.tb_next
    text = reference.source_lines[line.tb_lineno - 1].strip()
    return f'{program.position}: the reference asserts `{text}`'
  finally:
    for cont in program.continuations:
      if not cont.is_resumed:
        cont.is_aborted = True
        cont.lock.release()
  return None


def is_trap(sites, expected, name, condition):
  """Returns True if this trap of the reference belongs to the rule that `expected` names."""
  if not expected.startswith('trap '):
    return False
  if (name, condition) in OTHER_TRAPS:
    return expected == OTHER_TRAPS[name, condition]
  short = name.split('.')[-1]
  for site in sites.get(expected[len('trap '):], []):
    function, _, text = site.partition(': ')
    if text == condition and (function == '*' or function.split('.')[-1] == short):
      return True
  return False


def main():
  reference = load_reference(sys.argv[1])
  running = []
  patch(reference, lambda: running[0], load_spawning(sys.argv[1]))
  header = {}
  for line in sys.stdin:
    case = json.loads(line)
    if 'sites' in case:
      header = case
      continue
    case.update(header)
    running[:] = []
    program = Program.__new__(Program)
    running.append(program)
    program.__init__(reference, case)
    differs = run(program)
    print('ok' if differs is None else f'differs {differs}', flush = True)


if __name__ == '__main__':
  main()
