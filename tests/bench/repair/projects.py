"""Projects, their modules, and the commands that check them: those of tests/data/repair/sources, or others' (a file)."""

import dataclasses
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data" / "repair"
SOURCES = DATA / "sources"
CASES = DATA / "cases.jsonl"
TSC = "node_modules/typescript/bin/tsc"


@dataclass(frozen=True)
class Project:
    name: str
    language: str
    folder: Path
    paths: str  # of a module's code, with {m}
    modules: tuple
    check: tuple  # is it well-formed?
    test: tuple  # does it do what its tests say?
    tools: tuple  # programs that both need


def _ours(language, *rest):
    return Project(language, language, SOURCES / language, *rest)


OURS = {
    project.name: project
    for project in (
        _ours("cpp", "src/{m}.cpp",
              ("interval_set", "settings", "recent_cache", "matrix", "calendar", "route", "text_table"),
              ("make", "-s", "check-{m}"), ("make", "-s", "test-{m}"), ("g++", "make")),
        _ours("python", "almanac/{m}.py",
              ("expression", "spans", "errands", "layout", "pantry", "compare"),
              ("pytest", "-q", "-p", "no:cacheprovider", "tests/test_{m}.py"),
              ("pytest", "-q", "-p", "no:cacheprovider", "tests/test_{m}.py"), ("pytest",)),
        _ours("typescript", "src/{m}.ts",
              ("calculator", "priority_queue", "dates", "trie", "grid", "csv"),
              ("node", TSC, "--noEmit", "-p", "."),
              ("sh", "-c", f"node {TSC} -p . && node --test test/{{m}}.test.mjs"), ("node",)),
        _ours("go", "{m}/{m}.go",
              ("ring", "bitset", "ledger", "graph", "expand", "stats"),
              ("go", "vet", "./{m}"), ("go", "test", "./{m}"), ("go",)),
        _ours("rust", "src/{m}.rs",
              ("stack_machine", "range_map", "printer", "bounded_heap", "life", "duration"),
              ("cargo", "check", "--offline", "--quiet"),
              ("cargo", "test", "--offline", "--quiet", "--test", "{m}"), ("cargo",)),
    )
}


def load_projects(path):
    """By name: ours, or those of a file of fetch_packages.py, whose fields are those of Project."""
    if path is None:
        return OURS
    fields = [field.name for field in dataclasses.fields(Project)]
    projects = {}
    for entry in json.loads(path.read_text()):
        if sorted(entry) != sorted(fields):
            raise SystemExit(f"{path}: a project has the fields {', '.join(fields)}, not {', '.join(entry)}")
        lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
        folder = (path.parent / entry["folder"]).resolve()
        projects[entry["name"]] = Project(**{**entry, **lists, "folder": folder})
    return projects


def command_of(project, module, group):
    """`group` "test" runs the module's tests, any other checks that it is well-formed."""
    words = project.test if group == "test" else project.check
    return [word.format(m=module) for word in words]


def typescript_folder():
    """The package "typescript" with its compiler: TYPESCRIPT_DIR, or that of the tsc in PATH; or None."""
    named = os.environ.get("TYPESCRIPT_DIR")
    tsc = shutil.which("tsc")
    found = Path(named) if named else Path(tsc).resolve().parents[1] if tsc else None
    return found if found and (found / "bin" / "tsc").exists() else None


def missing_tool(project):
    """The name of a program that is not here, or None."""
    for tool in project.tools:
        if shutil.which(tool) is None:
            return tool
    if project.language == "typescript" and typescript_folder() is None:
        return "typescript (set TYPESCRIPT_DIR)"
    return None


def copy_project(project, folder):
    """A fresh copy; TypeScript's compiler lies in its node_modules, as it does in real ones."""
    shutil.copytree(project.folder, folder,
                    ignore=shutil.ignore_patterns("build", "target", "node_modules", "__pycache__"))
    if project.language == "typescript":
        package = typescript_folder()
        into = Path(folder) / "node_modules" / "typescript"
        (into / "lib").mkdir(parents=True)
        shutil.copytree(package / "bin", into / "bin")
        shutil.copy(package / "package.json", into)
        for path in (package / "lib").iterdir():
            if path.name in ("tsc.js", "_tsc.js") or path.name.startswith(("lib.es", "lib.d", "lib.decorators")):
                shutil.copy(path, into / "lib")


def run_command(command, folder, cpu_seconds=10):
    """(exit status, output); a run that takes more processor time is killed by a signal."""
    limited = ["sh", "-c", f'ulimit -t {cpu_seconds}; exec "$@"', "sh", *command]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "CARGO_TERM_COLOR": "never"}
    done = subprocess.run(limited, cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=1800)
    return done.returncode, done.stdout.decode("utf-8", "replace")
