"""Runs the tests of a Python command on many changes, one forked process each, or once with their lines traced.

    PYTHON rehearse.py REQUEST        (in the sandbox, in the command's folder)

REQUEST is a JSON file, rehearsal.cpp writes it; what is found goes to standard output, a JSON object a line behind
a mark. The interpreter and the test runner are loaded once; a change costs a fork, the import of what it touches, and
the tests that are asked for. Nobody has to believe what is said here: a change that pleases is run again by the command.
"""

import contextlib
import gc
import importlib.metadata
import importlib.util
import json
import os
import resource
import runpy
import select
import signal
import sys
import threading
import time

MARK = "\x1ecurlew "
ALONE = "the command"  # the name of what is no single test
# A change may take as many times what the tests took without it, and these seconds more, of processor time; what waits
# for something else may take a few times as long.
TIMES, EXTRA, WAIT = 4, 0.25, 4
TOO_LATE = 77  # the exit code of a process whose children would have what was
MEMORY_BYTES = 2 << 30  # that a change may ask for beyond what the tests begin with


OUT = os.dup(1)  # what runs here may redirect its own


def say(what):
    os.write(OUT, (MARK + json.dumps(what) + "\n").encode())


def plain(test):
    """A test's name without its file: the class and what follows it, as failures are titled."""
    return test.replace("::", ".")


class Tracer:
    """The lines of the workspace that run, by the test that is under way."""

    def __init__(self, root):
        self.root = os.path.realpath(root) + os.sep
        self.lines = {}  # path -> set of lines, of the present test
        self.local = {}  # file name in a code object -> its local trace function, or None

    def begin(self):
        for lines in self.lines.values():
            lines.clear()

    def taken(self):
        return {path: sorted(lines) for path, lines in self.lines.items() if lines}

    def start(self):
        threading.settrace(self.on_call)
        sys.settrace(self.on_call)

    def on_call(self, frame, event, arg):
        name = frame.f_code.co_filename
        if name not in self.local:
            self.local[name] = self.local_of(name)
        return self.local[name]

    def local_of(self, name):
        path = os.path.realpath(name)
        is_own = path.startswith(self.root) and path.endswith(".py") and path != os.path.realpath(__file__)
        if not is_own or "site-packages" in path:
            return None
        lines = self.lines.setdefault(path[len(self.root):], set())

        def on_line(frame, event, arg):
            lines.add(frame.f_lineno)
            return on_line

        return on_line


class Session:
    """What happens in one process: which tests run, how each ended, and which lines each ran."""

    def __init__(self, request, pipe):
        self.wanted = [plain(test) for test in request.get("tests", [])]
        self.root = request["root"]
        self.only = request["mode"] == "try" and bool(self.wanted)
        self.tracer = Tracer(request["root"]) if request["mode"] == "trace" else None
        self.pipe = pipe
        self.begun, self.ended = "", 0

    def give_up(self, number, frame):
        """The time is nearly up: says where."""
        places = []
        while frame:
            if self.tracer.local.get(frame.f_code.co_filename):
                places.append([os.path.realpath(frame.f_code.co_filename)[len(self.tracer.root):], frame.f_lineno])
            frame = frame.f_back
        self.tell(test=self.begun, failed=True, lines=self.tracer.taken(), hangs=places)
        os._exit(0)

    def tell(self, **what):
        os.write(self.pipe, (json.dumps(what) + "\n").encode())

    def begin(self, test):
        self.begun = test
        if not self.ended:
            self.tell(ready=time.process_time())
        if self.tracer:
            if not self.ended:
                self.tell(test="", failed=False, lines=self.tracer.taken())  # what being loaded takes
            self.tracer.begin()

    def end(self, test, failed):
        self.ended += 1
        if self.tracer:
            self.tell(test=test, failed=failed, lines=self.tracer.taken())
        else:
            self.tell(test=test, failed=failed)
            if failed:
                self.close()  # one says enough

    def close(self):
        self.tell(used=time.process_time())
        self.tell(loaded=[name for name, module in list(sys.modules.items()) if is_outside(module, self.root)])
        os._exit(0)

    def order(self, name):
        """Where a test stands: what is known to fail comes first."""
        for idx, test in enumerate(self.wanted):
            if name == test or name.endswith("." + test) or test.endswith("." + name):
                return idx
        return len(self.wanted)

    def leaves_out(self, name):
        return self.only and self.order(name) == len(self.wanted)


class PytestPlugin:
    def __init__(self, stage):
        self.stage = stage
        self.session = None
        self.failed = False

    @staticmethod
    def name(nodeid):
        return plain(nodeid.partition("::")[2])

    def pytest_collection(self, session):
        self.session = self.stage()

    def pytest_collection_modifyitems(self, items):
        wanted = [item for item in items if not self.session.leaves_out(self.name(item.nodeid))]
        items[:] = wanted or items  # a file that could not be loaded has a name, too, but it is no test's
        items.sort(key=lambda item: self.session.order(self.name(item.nodeid)))

    def pytest_runtest_logstart(self, nodeid, location):
        self.failed = False
        self.session.begin(self.name(nodeid))

    def pytest_runtest_logreport(self, report):
        self.failed = self.failed or report.failed

    def pytest_runtest_logfinish(self, nodeid, location):
        self.session.end(self.name(nodeid), self.failed)


def run_pytest(argv, stage):
    import pytest

    for kind in (pytest.Item, pytest.Function, pytest.Collector):
        kind.repr_failure = lambda *_: "failed"  # nobody reads why, and it takes longer than most tests
    PytestPlugin.pytest_collection = pytest.hookimpl(tryfirst=True)(PytestPlugin.pytest_collection)
    plugin = PytestPlugin(stage)
    code = pytest.main(argv, plugins=[plugin])
    session = plugin.session or stage()
    if not session.ended and code not in (0, 5):
        session.end(ALONE, True)  # not even collected
    session.close()


def run_unittest(argv, stage):
    import unittest

    session, run = stage(), unittest.TestCase.run

    def run_one(case, result=None):
        name = plain(".".join(case.id().split(".")[-2:]))
        if session.leaves_out(name):
            return result
        before = len(result.failures) + len(result.errors)
        session.begin(name)
        answer = run(case, result)
        session.end(name, len(result.failures) + len(result.errors) > before)
        return answer

    unittest.TestCase.run = run_one
    ended = run_main("unittest", argv)
    if not session.ended and ended != 0:
        session.end(ALONE, True)
    session.close()


def run_main(module, argv):
    """The exit code of `python -m module argv`."""
    sys.argv = [module, *argv]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return 0 if end.code is None else end.code if isinstance(end.code, int) else 1
    return 0


def run_script(argv, stage):
    session, failed = stage(), False
    session.begin(ALONE)
    sys.argv = argv
    sys.path[0] = os.path.dirname(os.path.realpath(argv[0]))
    try:
        runpy.run_path(argv[0], run_name="__main__")
    except SystemExit as end:
        failed = end.code not in (None, 0)
    except BaseException:
        failed = True
    session.end(ALONE, failed)
    session.close()


RUNNERS = {"pytest": run_pytest, "unittest": run_unittest, "script": run_script}


def begin_child(request, pipe, seconds):
    """In a process of its own, what it starts ends with it; it cannot take all the memory there is."""
    os.setpgid(0, 0)
    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, resource.RLIM_INFINITY))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    session = Session(request, pipe)
    if session.tracer:
        signal.signal(signal.SIGALRM, session.give_up)
        signal.setitimer(signal.ITIMER_REAL, request["limit"])
        session.tracer.start()
    return session


def is_outside(module, root):
    path = getattr(module, "__file__", None) or ""
    return not os.path.realpath(path).startswith(os.path.realpath(root) + os.sep) if path else False


class InChild(Exception):
    """Raised in a process that has just begun, to get it back to where it goes on."""

    def __init__(self, session):
        super().__init__()
        self.session = session


def run_child(request, seconds):
    """(what the child told, whether its time was up), in seconds of processor time. In the child: raises InChild."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        raise InChild(begin_child(request, writer, seconds))
    os.close(writer)
    told, until, late = b"", time.monotonic() + WAIT * seconds + 1, False
    while not late:
        left = until - time.monotonic()
        late = left <= 0 or not select.select([reader], [], [], left)[0]
        part = b"" if late else os.read(reader, 1 << 16)
        if not part:
            break
        told += part
    for kill in (os.killpg, os.kill):  # with what it has started
        with contextlib.suppress(OSError):
            kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    late = late or os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF
    os.close(reader)
    return [json.loads(line) for line in told.decode().splitlines() if line.endswith("}")], late


def load_runner(request):
    if request["runner"] == "unittest":
        import unittest.mock  # noqa: F401
    if request["runner"] == "pytest":
        import pytest  # noqa: F401

        for entry in importlib.metadata.entry_points(group="pytest11"):
            load(entry.value.partition(":")[0], request["root"])


def load(name, root):
    """Loads what does not belong to the workspace, so that not every child has to."""
    with contextlib.suppress(BaseException):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin and not os.path.realpath(spec.origin).startswith(os.path.realpath(root) + os.sep):
            importlib.import_module(name)


class Files:
    """The files of the shadow copy, with one change at a time."""

    def __init__(self, root):
        self.root, self.originals, self.clock = root, {}, int(time.time())

    def bring_to(self, change):
        """`change`: by path, how many bytes stay at either end of the file, and what comes between (Latin-1 for bytes)."""
        for path in [*self.originals, *(path for path in change if path not in self.originals)]:
            full = os.path.join(self.root, path)
            if path not in self.originals:
                with open(full, "rb") as file:
                    self.originals[path] = file.read()
            text = self.originals[path]
            if path in change:
                head, tail, between = change[path]
                text = text[:head] + between.encode("latin-1") + text[len(text) - tail:]
            with open(full, "wb") as file:
                file.write(text)
            self.clock += 1  # no two states have the same time, so that no cached bytecode is taken for another's
            os.utime(full, (self.clock, self.clock))


def trace(request):
    told, late = run_child(request, request["limit"] + 1)
    for part in told:
        if "lines" in part:
            say(part)
    say({"done": True})


def limit_of_changes(request):
    """By what the tests take without any; 0 where they do not fail here, and nothing can be rehearsed."""
    told, late = run_child(request, request["limit"])
    if not late and not any(part.get("failed") for part in told):
        return 0
    for part in told:
        for name in part.get("loaded", []):
            load(name, request["root"])
    used = max((part[key] for part in told for key in ("ready", "used") if key in part), default=0)
    return min(request["limit"], used * (1 if late else TIMES) + EXTRA) if used else request["limit"]


def rehearse(request):
    files, until = Files(request["root"]), time.monotonic() + request["total"]
    limit = request["known_limit"] or limit_of_changes(request)
    say({"limit": limit})
    for number, change in enumerate(request["changes"]):
        if limit == 0 or time.monotonic() > until:
            break
        files.bring_to(change)
        told, late = run_child(request, limit)
        passed = sum(1 for part in told if part.get("failed") is False)
        failed = late or passed == 0 or any(part.get("failed") for part in told)
        say({"number": number, "passed": passed, "failed": failed})
        if not failed:
            break
    files.bring_to({})
    say({"done": True})


def stage(request):
    """The session of a child, in each child; the process that was here before them never comes back."""
    gc.freeze()  # else every child copies what its first collection looks at
    try:
        (trace if request["mode"] == "trace" else rehearse)(request)
    except InChild as begun:
        return begun.session
    os._exit(0)


def has_loaded(request):
    """Whether a file that is to change has been loaded already."""
    changed = {os.path.realpath(os.path.join(request["root"], path)) for change in request.get("changes", []) for path in change}
    return any(os.path.realpath(getattr(module, "__file__", None) or "") in changed for module in list(sys.modules.values()))


def late_stage(request):
    if has_loaded(request):
        os._exit(TOO_LATE)
    return stage(request)


def run(request):
    """The later the children part, the less each has to do; but what is to change must not be loaded yet."""
    runner, argv = RUNNERS[request["runner"]], list(request["argv"])
    if request["runner"] == "pytest" and request["mode"] == "try":
        first = os.fork()
        if first == 0:
            runner(argv, lambda: late_stage(request))
        if os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) != TOO_LATE:
            return
    session = stage(request)
    runner(argv, lambda: session)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.path.join(os.path.dirname(os.path.realpath(__file__)), "bytecode")
    sys.path[0] = os.getcwd() if request["has_folder"] else os.path.dirname(sys.executable)
    load_runner(request)
    run(request)


if __name__ == "__main__":
    main()
