#!/usr/bin/env python3
"""Other people's code for make_cases.py and run.py: fetches it, prepares it, describes it.

    fetch_packages.py FOLDER [--clones DIR] [--only NAME]...

Writes FOLDER/projects.json, and a folder beside it for each package that is to be had; those not asked for stay.
Debian's source packages come by `apt-get source` (deb-src must be configured; APT_CONFIG is heeded), the others out of
git repositories that lie in DIR/OWNER+NAME, DIR/OWNER+NAME/repo or DIR/NAME, at the commit named below. Nothing of
either is part of this repository.
What a package needs to be checked alone (a Makefile, a tsconfig.json, a few words of a test library) is written here.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from projects import TSC, typescript_folder

PYTEST = ("pytest", "-q", "-p", "no:cacheprovider", "-c", "none.ini", "--rootdir", ".")
EXPECT = """// The few words of the test library that these tests use.
const assert = require("node:assert");
const { describe, it } = require("node:test");
it.each = (rows) => (name, body) => rows.forEach((row) => it(name, () => body(...[row].flat(1))));
const throws = (value) => (kind) => assert.throws(value, typeof kind === "string" ? { message: kind } : kind);
const expect = (value) => ({
    toBe: (other) => assert.strictEqual(value, other),
    toEqual: (other) => assert.deepEqual(value, other),
    toStrictEqual: (other) => assert.deepStrictEqual(value, other),
    toThrow: throws(value),
    toThrowError: throws(value),
});
module.exports = { describe, it, test: it, expect };
"""
TRANSPILE = """
const ts = require(process.argv[1] + "/lib/typescript.js"), fs = require("fs");
const text = fs.readFileSync(0, "utf8"), module = ts.ModuleKind.CommonJS;
const compilerOptions = { module, target: "es2022", esModuleInterop: true };
process.stdout.write(ts.transpileModule(text, { compilerOptions }).outputText);
"""
TSCONFIG = {"compilerOptions": {"target": "es2022", "lib": ["es2022"], "types": [],
                                "module": "commonjs", "moduleResolution": "node10", "outDir": "lib",
                                "rootDir": "src", "strict": True, "noImplicitReturns": True, "esModuleInterop": True,
                                "preserveConstEnums": True},
            "include": ["src"], "exclude": ["**/*.spec.ts", "**/test/*", "**/__fixtures__/*"]}
CJSON = """# make check-NAME: is NAME.c well-formed; make test-NAME: what its tests say of it.
CFLAGS := -std=gnu99 -Wall
TESTS_cJSON := parse_examples misc_tests print_value parse_value compare_tests
TESTS_cJSON_Utils := json_patch_tests old_utils_tests misc_utils_tests

check-%:
	@gcc $(CFLAGS) -fsyntax-only $*.c

test-cJSON:
	@mkdir -p build
	@set -e; for t in $(TESTS_cJSON); do gcc $(CFLAGS) -w -Itests/unity/src tests/$$t.c build/unity.o -lm -o build/$$t; \\
	  (cd tests && ../build/$$t); done
test-cJSON_Utils: build/cJSON_Utils.o
	@set -e; for t in $(TESTS_cJSON_Utils); do gcc $(CFLAGS) -w -Itests/unity/src tests/$$t.c build/unity.o \\
	  build/cJSON_Utils.o -lm -o build/$$t; (cd tests && ../build/$$t); done
test-cJSON test-cJSON_Utils: build/unity.o
build/unity.o: tests/unity/src/unity.c
	@mkdir -p build
	@gcc -c $< -o $@
build/cJSON_Utils.o: FORCE
	@mkdir -p build
	@gcc $(CFLAGS) -c cJSON_Utils.c -o $@
FORCE:
"""
INIH = """# make check-ini: is ini.c well-formed; make test-ini: is what its tests print what it was.
VARIANTS := multi: single:-DINI_ALLOW_MULTILINE=0 handler_lineno:-DINI_HANDLER_LINENO=1 \\
  call_handler_on_new_section:-DINI_CALL_HANDLER_ON_NEW_SECTION=1 allow_no_value:-DINI_ALLOW_NO_VALUE=1 \\
  stop_on_first_error:-DINI_STOP_ON_FIRST_ERROR=1

check-ini:
	@gcc -Wall -fsyntax-only ini.c

test-ini:
	@mkdir -p build
	@set -e; for v in $(VARIANTS); do n=$${v%%:*}; gcc -Wall $${v#*:} ini.c tests/unittest.c -o build/$$n; \\
	  (cd tests && ../build/$$n >../build/$$n.txt && diff baseline_$$n.txt ../build/$$n.txt); done
"""
PARSON = """# make check-parson: is parson.c well-formed; make test-parson: what its tests say of it.
check-parson:
	@gcc -Wall -Wextra -std=c89 -fsyntax-only parson.c

test-parson:
	@mkdir -p build
	@gcc -O0 -Wall -std=c89 -DTESTS_MAIN tests.c parson.c -o build/test && ./build/test
"""
HTTP_PARSER = """# make check-http_parser: is it well-formed; make test-http_parser: what its tests say of it.
check-http_parser:
	@gcc -Wall -Wextra -fsyntax-only http_parser.c

test-http_parser: build/test.o
	@gcc -Wall -O0 -DHTTP_PARSER_STRICT=1 http_parser.c build/test.o -o build/test && ./build/test >/dev/null

build/test.o: test.c http_parser.h
	@mkdir -p build
	@gcc -O0 -DHTTP_PARSER_STRICT=1 -c test.c -o $@
"""
TINYXML2 = """# make check-tinyxml2: is it well-formed; make test-tinyxml2: what xmltest says of it.
check-tinyxml2:
	@g++ -Wall -fsyntax-only tinyxml2.cpp

test-tinyxml2: build/xmltest.o
	@g++ -Wall -DTINYXML2_DEBUG -c tinyxml2.cpp -o build/tinyxml2.o
	@g++ build/xmltest.o build/tinyxml2.o -o build/xmltest
	@mkdir -p resources/out
	@./build/xmltest | grep -v "^\\[pass\\]" ; test $${PIPESTATUS[0]} -eq 0
SHELL := /bin/bash
build/xmltest.o: xmltest.cpp tinyxml2.h
	@mkdir -p build
	@g++ -w -DTINYXML2_DEBUG -c xmltest.cpp -o $@
"""


@dataclass(frozen=True)
class Package:
    name: str
    language: str
    version: str  # of Debian's source package, or a commit
    paths: str
    modules: tuple
    check: tuple
    test: tuple
    tools: tuple
    git: str = ""  # OWNER/NAME; else it is Debian's
    files: dict = field(default_factory=dict)  # written into it; None: taken out


def python(name, version, paths, modules, tests, git=""):
    command = (*PYTEST, *tests)
    return Package(name, "python", version, paths, modules, command, command, ("pytest",), git,
                   {"none.ini": "[pytest]\npythonpath = . src tests\n"})


def go(name, version, modules, check=("go", "vet", "."), test=("go", "test", ".")):
    return Package(name, "go", version, "{m}.go", modules, check, test, ("go",))


def rust(name, version, git, modules, manifest, tests=("--lib",)):
    return Package(name, "rust", version, "src/{m}.rs", modules, ("cargo", "check", "--offline", "--quiet"),
                   ("cargo", "test", "--offline", "--quiet", *tests), ("cargo",), git,
                   {"Cargo.toml": manifest, "build.rs": None, "benches": None, "fuzz": None, "Cargo.lock": None})


def manifest(name, edition, extra=""):
    return f'[package]\nname = "{name}"\nversion = "1.0.0"\nedition = "{edition}"\n{extra}'


def typescript(name, version, modules, tests, git=""):
    test = f"node {TSC} -p . && node --test {' '.join('lib/' + one + '.js' for one in tests)}"
    return Package(name, "typescript", version, "src/{m}.ts", modules, ("node", TSC, "--noEmit", "-p", "."),
                   ("sh", "-c", test), ("node",), git,
                   {"package.json": '{"private": true}\n', "tsconfig.json": json.dumps(TSCONFIG, indent=2) + "\n",
                    "src/tsconfig.json": None})


def c(name, language, version, paths, modules, makefile, git=""):
    return Package(name, language, version, paths, modules, ("make", "-s", "check-{m}"), ("make", "-s", "test-{m}"),
                   ("gcc", "g++", "make"), git, {"Makefile": makefile})


SEMVER_FEATURES = "[features]\ndefault = [\"std\"]\nstd = []\nserde = []\n"
SHLEX_FEATURES = "[features]\ndefault = [\"std\"]\nstd = []\n"
PACKAGES = [
    python("boltons", "967864f89791509f9eb36b22b4579d36b72a6df2", "boltons/{m}.py",
           ("cacheutils", "dictutils", "formatutils", "iterutils", "jsonutils", "listutils", "mathutils", "pathutils",
            "queueutils", "setutils", "statsutils", "strutils", "tableutils", "timeutils", "urlutils"),
           ("tests/test_{m}.py",), "mahmoud/boltons"),
    python("cachetools", "28d4506f2a49d781ffbcecb095fa7aba5bb80aff", "src/cachetools/{m}.py",
           ("__init__", "_cached", "_cachedmethod", "func", "keys"),
           ("tests", "--deselect", "tests/test_threading.py"), "tkem/cachetools"),
    python("python-semver", "d8813b67a2ec5d579365f51a6d8f96d02f3fcbc3", "src/semver/{m}.py", ("version", "cli"),
           ("tests", "--ignore", "tests/test_docstrings.py"), "python-semver/python-semver"),
    python("sortedcontainers", "2.4.0-2", "sortedcontainers/{m}.py", ("sortedlist", "sorteddict", "sortedset"),
           ("tests/test_coverage_{m}.py",)),
    go("golang-github-spf13-pflag", "1.0.6~git20210604-d5e0c0615ace-1",
       ("flag", "bool_slice", "bytes", "count", "duration_slice", "golangflag", "ip_slice", "string_slice", "string_to_int"),
       ("go", "build", "."), ("go", "test", "-vet=off", ".")),  # vet has something to say of its tests
    go("golang-github-gorilla-mux", "1.8.0-1", ("mux", "route", "regexp", "middleware")),
    go("golang-github-blang-semver", "4.0.0-1", ("semver", "range", "sort", "json")),
    c("cjson", "c", "1.7.15-1+deb12u4", "{m}.c", ("cJSON", "cJSON_Utils"), CJSON),
    c("inih", "c", "26254ee9de7681f8825433415443e7116ff24b98", "{m}.c", ("ini",), INIH, "benhoyt/inih"),
    c("parson", "c", "ba29f4eda9ea7703a9f6a9cf2b0532a2605723c3", "{m}.c", ("parson",), PARSON, "kgabis/parson"),
    c("http-parser", "c", "2.9.4-5", "{m}.c", ("http_parser",), HTTP_PARSER),
    c("tinyxml2", "cpp", "9.0.0+dfsg-3.1", "{m}.cpp", ("tinyxml2",), TINYXML2),
    rust("semver", "8591f2344b52b31d85b538de58b76a676fe9ff90", "dtolnay/semver",
         ("display", "error", "eval", "identifier", "impls", "parse"), manifest("semver", "2021", SEMVER_FEATURES),
         ("--test", "test_version", "--test", "test_version_req", "--test", "test_identifier")),
    rust("shlex", "318a92abad21018b29906c25430f89c17b7ab249", "comex/rust-shlex", ("bytes", "lib"),
         manifest("shlex", "2018", SHLEX_FEATURES)),
    rust("strsim", "43d44436d598e7d4de576e69b5c0c488026e2777", "rapidfuzz/strsim-rs", ("lib",), manifest("strsim", "2021")),
    typescript("css-what", "f714aa1addf12b61e0af194aec1c0e12c4222281", ("parse", "stringify"),
               ("parse.spec", "stringify.spec"), "fb55/css-what"),
    typescript("jsonc-parser", "5f6bd18a519ef031ee101ade48ea6e52c368955a",
               ("impl/edit", "impl/format", "impl/parser", "impl/scanner", "main"),
               ("test/json.test", "test/format.test", "test/edit.test"), "microsoft/node-jsonc-parser"),
]


def fetch_debian(package, folder):
    subprocess.run(["apt-get", "source", "-qq", "--download-only", f"{package.name}={package.version}"],
                   cwd=folder.parent, check=True)
    file = re.sub(r"^\d+:", "", package.version)
    subprocess.run(["dpkg-source", "-x", "--no-check", f"{package.name}_{file}.dsc", folder.name], cwd=folder.parent,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for rest in ("debian", ".pc"):
        shutil.rmtree(folder / rest, ignore_errors=True)


def fetch_git(package, folder, clones):
    flat = package.git.replace("/", "+")
    places = [clones / flat / "repo", clones / flat, clones / package.git.split("/")[1]] if clones else []
    clone = next((place for place in places if place.exists()), None)
    if clone is None:
        raise FileNotFoundError(f"no clone of {package.git} (see --clones)")
    folder.mkdir()
    archive = subprocess.run(["git", "-C", clone, "archive", package.version], check=True, capture_output=True)
    subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)


def prepare_tests(folder):
    """Tests in TypeScript as JavaScript, so that they need no types of a test library."""
    sources = folder / "src"
    tests = [path for path in sources.rglob("*.ts") if re.search(r"\.(spec|test)\.ts$|/__fixtures__/", str(path))]
    for path in tests:
        out = folder / "lib" / path.relative_to(sources).with_suffix(".js")
        out.parent.mkdir(parents=True, exist_ok=True)
        text = subprocess.run(["node", "-e", TRANSPILE, str(typescript_folder())], input=path.read_bytes(),
                              check=True, capture_output=True).stdout.decode()
        if "__fixtures__" not in str(path) and "node:test" not in text:
            text = text.replace('require("vitest")', 'require("./expect.cjs")')
            if "expect.cjs" not in text:
                text = text.replace("\n", '\nconst { describe, it, test, expect } = require("./expect.cjs");\n', 1)
        out.write_text(text)
        path.unlink()
    for data in sources.rglob("__fixtures__/*.json"):
        shutil.copy(data, folder / "lib" / data.relative_to(sources))
    (folder / "lib" / "expect.cjs").write_text(EXPECT)


def write_files(package, folder):
    for name, text in package.files.items():
        path = folder / name
        if text is not None:
            path.write_text(text)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def describe(package, folder):
    return {"name": package.name, "language": package.language, "folder": folder.name, "paths": package.paths,
            "modules": package.modules, "check": package.check, "test": package.test, "tools": package.tools}


def fetch(package, top, clones):
    folder = top / package.name
    shutil.rmtree(folder, ignore_errors=True)
    if package.git:
        fetch_git(package, folder, clones)
    else:
        fetch_debian(package, folder)
    write_files(package, folder)
    if package.language == "typescript":
        prepare_tests(folder)
    return describe(package, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clones", type=Path)
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    top = options.folder.resolve()
    index = top / "projects.json"
    described = {entry["name"]: entry for entry in json.loads(index.read_text())} if index.exists() else {}
    for package in PACKAGES:
        if options.only and package.name not in options.only:
            continue
        try:
            described[package.name] = fetch(package, top, options.clones and options.clones.resolve())
            print(f"{package.name} {package.version}: {len(described[package.name]['modules'])} modules", flush=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{package.name}: skipped, {error}", file=sys.stderr)
            continue
        index.write_text(json.dumps(list(described.values()), indent=1) + "\n")


if __name__ == "__main__":
    main()
