"""Shows gdb the fibers of a Fulmar process, running or a core file, in any build (x86-64).

  (gdb) source runtime/fiber/fibers_gdb.py
  (gdb) info fibers            all fibers: id, shard or process, state, name, where it waits
  (gdb) info fibers broker1    those of one shard or process
  (gdb) fiber 12               the stack of fiber 12
  (gdb) fiber broker1          the stacks of those of one shard or process
  (gdb) fiber all              the stacks of all
  (gdb) fiber-switch 12        from now on backtrace, frame N and info locals are those of fiber 12, above the innermost frame;
  (gdb) fiber-switch back      as before

Nothing in the process is changed: a suspended fiber's registers lie where Boost.Context's jump_fcontext pushed them, and an
unwinder tells gdb that they are the caller's.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

# How jump_fcontext of x86-64 System V leaves a context: offsets from the fcontext_t, and the stack pointer after its return.
SAVED = {"r12": 0x08, "r13": 0x10, "r14": 0x18, "r15": 0x20, "rbx": 0x28, "rbp": 0x30, "rip": 0x38}
AFTER = 0x40


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class FiberUnwinder(Unwinder):
    """While a context is set, makes it the caller of the thread's innermost frame."""

    def __init__(self):
        super().__init__("fulmar-fiber")
        self.context = None

    def __call__(self, frame):
        if self.context is None or frame.level() != 0:
            return None
        word = gdb.lookup_type("unsigned long")
        info = frame.create_unwind_info(FrameId(gdb.Value(self.context).cast(word), frame.read_register("rip")))
        for register, offset in SAVED.items():
            at = gdb.Value(self.context + offset).cast(word.pointer())
            info.add_saved_register(register, at.dereference())
        info.add_saved_register("rsp", gdb.Value(self.context + AFTER).cast(word))
        return info


unwinder = FiberUnwinder()
register_unwinder(None, unwinder, replace=True)


class Unwound:
    """with Unwound(fiber): the frames above the innermost are the fiber's."""

    def __init__(self, fiber):
        self.context = int(fiber["stack_"].dereference()["context"])

    def __enter__(self):
        self.before, unwinder.context = unwinder.context, self.context
        gdb.invalidate_cached_frames()

    def __exit__(self, *_):
        unwinder.context = self.before
        gdb.invalidate_cached_frames()


def text(view):
    """A std::string_view's characters."""
    size = int(view["_M_len"])
    return view["_M_str"].string(length=size) if size else ""


def chain(first, following):
    while int(first):
        yield first.dereference()
        first = first[following]


def fibers():
    for scheduler in chain(gdb.parse_and_eval("'fulmar::Scheduler::first_scheduler_'"), "next_scheduler_"):
        for domain in chain(scheduler["first_domain_"], "next_domain_"):
            for fiber in chain(domain["first_"], "domain_next_"):
                yield text(domain["name_"]), fiber


def state(fiber):
    return str(fiber["state_"]).rsplit("::", maxsplit=1)[-1]


def frames(fiber):
    """The names of the functions a suspended fiber is in, innermost first."""
    with Unwound(fiber):
        frame, names = gdb.newest_frame().older(), []
        while frame is not None:
            names.append(frame.name() or "??")
            frame = frame.older()
    return names


# What a wait consists of, to be passed over when telling where a fiber waits.
WAITING = ("fulmar::Scheduler::", "fulmar::WaitList::")


class InfoFibers(gdb.Command):
    """info fibers [NAME]: all fibers, or those of one shard or process, with their id, state, name and where they wait."""

    def __init__(self):
        super().__init__("info fibers", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        print(f"{'id':>6}  {'domain':12} {'state':10} {'name':24} in")
        for domain, fiber in fibers():
            if argument and domain != argument:
                continue
            where = "(on its thread)"
            if state(fiber) != "running":
                where = next((name for name in frames(fiber) if not name.startswith(WAITING)), "(not started)")
            print(f"{int(fiber['id_']):6}  {domain:12} {state(fiber):10} {text(fiber['name_']):24} {where}")


class FiberStack(gdb.Command):
    """fiber ID | NAME | all: the stack of one fiber, of those of a shard or process, or of each. Ids are unique per shard; all
    fibers of the id are shown."""

    def __init__(self):
        super().__init__("fiber", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("fiber ID | NAME | all (info fibers lists ids and names)")
        shown = 0
        for domain, fiber in fibers():
            if argument not in ("all", domain, str(int(fiber["id_"]))):
                continue
            shown += 1
            print(f"fiber {int(fiber['id_'])} '{text(fiber['name_'])}' of {domain}, {state(fiber)}:")
            if state(fiber) == "running":
                print("  on its thread: see 'thread apply all backtrace'")
                continue
            for level, name in enumerate(frames(fiber)):
                print(f"  #{level:<3} {name}")
        if not shown:
            raise gdb.GdbError(f"no fiber {argument}")


class FiberSwitch(gdb.Command):
    """fiber-switch ID | back: lets backtrace, frame N and info locals be those of a suspended fiber, above the innermost frame."""

    def __init__(self):
        super().__init__("fiber-switch", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        found = [fiber for _, fiber in fibers() if str(int(fiber["id_"])) == argument and state(fiber) != "running"]
        if argument != "back" and not found:
            raise gdb.GdbError("fiber-switch ID | back (info fibers lists the ids; it must not be the running one)")
        unwinder.context = int(found[0]["stack_"].dereference()["context"]) if found else None
        gdb.invalidate_cached_frames()


InfoFibers()
FiberStack()
FiberSwitch()
