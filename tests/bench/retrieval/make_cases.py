#!/usr/bin/env python3
"""Cuts retrieval cases out of source packages.

  make_cases.py --per-language 100 --seed 1 PACKAGE... > cases.jsonl

A case is a line of code that uses something defined in another file of its package. That line and
all after it are hidden; the query is what stands before. One JSON object a line:

  {"package", "path", "cursor": bytes before the line, "language", "name", "first_use",
   "how": how the name was resolved, "answers": [{"path", "line", "end_line"}] (from 0, inclusive)}

What is defined where is universal-ctags' word, so that the index is not its own judge. A use is
resolved by, in this order: the receiver's type (declared, annotated or constructed in the file), an
import of the defining file, the package (Go, Java, C#: the same folder), or being the only
definition of that name in the package (in C and C++ in a file that is included, if only by others; in
Python, JavaScript and TypeScript, for a bare name, with the name imported). Everything else is dropped as ambiguous and counted, on
stderr. Not asked for: import statements, fields and local names, names that the file defines itself, and names under
four letters. A prototype answers for its definition, because it is what the using file sees.

First use: the identifier does not occur in the text before the cursor. Seven of ten cases are first
uses (--first-use); packages and files of a language take turns.
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys

LANGUAGES = {
    ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hpp": "cpp", ".hh": "cpp",
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".tsx": "typescript", ".go": "go", ".rs": "rust", ".java": "java", ".cs": "csharp",
    ".rb": "ruby", ".php": "php",
}
FAMILY = {"c": "c", "cpp": "c", "javascript": "js", "typescript": "js"}
SKIPPED_FOLDERS = re.compile(
    r"(^|/)(\.[^/]+|vendor|third_party|thirdparty|deps|node_modules|dist|build|gen|generated|debian|docs?|fixtures)(/|$)")
FILE_BYTES = range(400, 200_000)
FILES_MAX = 250  # cut from, a package
# ctags kinds that a case may ask for; the others (fields, variables) only make a name ambiguous.
ASKED = {"function", "func", "method", "class", "struct", "interface", "enum", "enumerator", "enumConstant", "union",
         "typedef", "type", "talias", "alias", "macro", "constant", "const", "trait", "generator", "annotation",
         "singletonMethod", "module", "define", "prototype", "methodSpec", "implementation", "getter", "property"}
NEVER = {"implementation", "getter", "property"}  # one name, many places; no answer of its own
MEMBER_KINDS = {"method", "field", "member", "property", "methodSpec", "getter", "setter", "singletonMethod"}
# What stands where a local variable or a parameter is introduced, by its name.
LOCAL_NAME = re.compile(r"(?<![\w.>:$])([A-Za-z_$][\w$]*)(?:\s*(?::=|=[^=>])|\s+in\s|\s+of\s)")
ANNOTATED = re.compile(r"(?<![\w.>:$])([A-Za-z_]\w*)\s*:(?!:)")  # Python, TypeScript, Rust
WORD = re.compile(r"[A-Za-z_$][\w$]*")
RECEIVER = re.compile(r"(\w+)\s*(?:\.|->|::|\?\.|!\.|\\)\s*$")
MEMBER = re.compile(r"(?:\.|->|::)\s*$")
KEYWORD = set("""this self super None True False true false null nullptr return class struct enum import from require
    static const void char int long short float double bool string public private protected function async await
    namespace using template typename include define ifdef endif unsigned signed sizeof default switch case break
    continue while until unless yield throw throws catch except finally with lambda extends implements interface
    package func type impl trait match pub crate where module begin then else elif elsif virtual override sealed
    readonly internal abstract instanceof typeof delete export print println main init test""".split())


def language_of(path):
    return LANGUAGES.get(os.path.splitext(path)[1])


def family(language):
    return FAMILY.get(language, language)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


STRINGS = r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*\""""
STRIPPED = {
    "python": re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|#[^\n]*|' + STRINGS),
    "ruby": re.compile(r"(?m)^=begin[\s\S]*?^=end|#(?!\{)[^\n]*|" + STRINGS),
    "php": re.compile(r"/\*[\s\S]*?\*/|//[^\n]*|#(?!\[)[^\n]*|" + STRINGS),
    "rust": re.compile(r'/\*[\s\S]*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"'),
    "go": re.compile(r"/\*[\s\S]*?\*/|//[^\n]*|`[^`]*`|" + STRINGS),
    "": re.compile(r"/\*[\s\S]*?\*/|//[^\n]*|`(?:\\.|[^`\\])*`|" + STRINGS),
}
IMPORT_LINE = re.compile(
    r"^\s*(#\s*include|#\s*import|import\b|from\s+[\w.]+\s+import|use\s|using\s|require|include\s|extern\s+crate|"
    r"package\s|export\s.*\sfrom|mod\s|pub\s+(use|mod)\s|namespace\s|(const|let|var)\s.*=\s*require\()|^\s*[}\w, ]*\}?\s*from\s*['\"]")


# Whole import statements: no line of one is asked for, and what they name can be used bare.
IMPORTS = {
    "python": re.compile(r"^[ \t]*from\s+[\w.]+\s+import\s*(?:\([^)]*\)|(?:[^\n\\]|\\\n)*)|^[ \t]*import\s[^\n]*", re.M),
    "javascript": re.compile(r"^[ \t]*(?:import|export)\b[^;(='\"]*?\bfrom\b[^\n]*|"
                             r"^[ \t]*(?:const|let|var)\s+(?:\{[^}]*\}|\w+)\s*=\s*require\([^\n]*|^[ \t]*import\b[^\n]*", re.M),
    "rust": re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?use\s[^;]*;", re.M),
    "go": re.compile(r"^import\s*(?:\([^)]*\)|[^\n]*)", re.M),
    "": re.compile(r"^[ \t]*(?:#\s*include|import|using|use|require|require_relative)\b[^\n]*", re.M),
}
IMPORTS["typescript"] = IMPORTS["javascript"]
MUST_IMPORT = ("python", "javascript", "typescript")


class Package:
    """The source files of one package with what ctags knows of them."""

    def __init__(self, root):
        self.root, self.name = root, os.path.basename(root.rstrip("/"))
        self.texts, self.code, self.reach, self.direct = {}, {}, {}, {}
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for name in sorted(names):
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, root)
                if language_of(name) and not os.path.islink(path) and os.path.getsize(path) in FILE_BYTES:
                    self.read(inside)
        self.by_name = collections.defaultdict(list)  # name -> [tag]
        self.own = collections.defaultdict(set)       # path -> names it defines
        self.run_ctags()
        self.by_tail = collections.defaultdict(list)
        for path in self.texts:
            self.by_tail[os.path.basename(path)].append(path)
            self.by_tail[os.path.splitext(os.path.basename(path))[0]].append(path)

    def read(self, inside):
        try:
            text = open(os.path.join(self.root, inside), encoding="utf-8", newline="").read()
        except UnicodeDecodeError:
            return
        lines = text.split("\n")
        if max(map(len, lines)) > 400 or ".min." in inside:
            return
        self.texts[inside] = text
        language = language_of(inside)
        self.code[inside] = STRIPPED.get(language, STRIPPED[""]).sub(blank, text)

    def run_ctags(self):
        command = ["ctags", "--output-format=json", "--fields=+neKSt", "--kinds-C=+p", "--kinds-C++=+p",
                   "--languages=C,C++,Python,JavaScript,TypeScript,Go,Rust,Java,C#,Ruby,PHP", "-f", "-", "-L", "-"]
        done = subprocess.run(command, input="\n".join(self.texts), cwd=self.root, capture_output=True, text=True,
                              errors="replace")
        for line in done.stdout.splitlines():
            tag = json.loads(line)
            if tag.get("_type") != "tag" or "line" not in tag:
                continue
            tag["family"] = family(language_of(tag["path"]))
            self.by_name[tag["name"]].append(tag)
            self.own[tag["path"]].add(tag["name"])

    def files_ending(self, tail, start="", extensions=("",)):
        """Files whose path ends with `tail` (a path), with one of the extensions."""
        wanted = os.path.normpath(os.path.join(start, tail)) if tail.startswith(".") else tail.strip("/")
        found = set()
        for extension in extensions:
            full = wanted + extension
            for path in self.by_tail[os.path.basename(full)]:
                if path == full or path.endswith("/" + full):
                    found.add(path)
        return found

    def imports(self, path):
        """Files of the package that the file imports, as far as their names tell."""
        text, language, here = self.texts[path], language_of(path), os.path.dirname(path)
        found = set()

        def add(pattern, resolve):
            for match in re.finditer(pattern, text, re.M):
                found.update(resolve(*match.groups()))

        if language in ("c", "cpp"):
            add(r'^\s*#\s*include\s*["<]([^">]+)[">]', lambda name: self.files_ending(name) or
                self.files_ending("./" + name, here))
        elif language == "python":
            def module(dots, name, items):
                base = name.replace(".", "/")
                if dots:
                    base = os.path.normpath(os.path.join(here, "../" * (len(dots) - 1), base))
                paths = self.files_ending(base, "", (".py", "/__init__.py"))
                for item in re.findall(r"\w+", items or ""):
                    paths |= self.files_ending(base + "/" + item, "", (".py",))
                return paths
            add(r"^\s*from\s+(\.*)([\w.]*)\s+import\s+(\([^)]*\)|[^\n]*)", module)
            add(r"^\s*import\s+()([\w.]+)()", module)
        elif language in ("javascript", "typescript"):
            endings = ("", ".js", ".ts", ".tsx", ".mjs", ".cjs", "/index.js", "/index.ts")
            add(r"""(?:from|require\(|import\(|import)\s*['"](\.[^'"]*)['"]""", lambda name: self.files_ending(
                re.sub(r"\.js$", "", name) if not os.path.basename(name) in (".", "..") else name, here, endings))
        elif language == "java":
            add(r"^import\s+(?:static\s+)?([\w.]+)", lambda name: self.files_ending(name.replace(".", "/"), "", (".java",)) or
                self.files_ending("/".join(name.split(".")[:-1]), "", (".java",)))
        elif language == "go":
            add(r'^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w./-]+)"', lambda name: {
                p for p in self.texts if p.endswith(".go") and "/" in name and
                ("/" + os.path.dirname(p)).endswith("/" + "/".join(name.split("/")[-2:]))})
        elif language == "rust":
            def use(tree):
                return {p for word in re.findall(r"\w+", tree) for p in self.by_tail[word] if p.endswith(".rs")}
            add(r"^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", use)
        elif language == "ruby":
            add(r"require(?:_relative)?\s*\(?['\"]([^'\"]+)['\"]", lambda name: self.files_ending(name, "", (".rb",)))
        elif language == "php":
            add(r"^use\s+(?:function\s+)?([\w\\]+)", lambda name: self.files_ending(name.split("\\")[-1], "", (".php",)))
        found.discard(path)
        return found


    def reached(self, path):
        """Files that a C or C++ file includes, directly or through others."""
        if path not in self.reach:
            todo, seen = [path], set()
            while todo:
                for other in self.imported_by(todo.pop()) - seen:
                    seen.add(other)
                    todo.append(other)
            self.reach[path] = seen
        return self.reach[path]

    def imported_by(self, path):
        if path not in self.direct:
            self.direct[path] = self.imports(path)
        return self.direct[path]


def type_of(receiver, code, language):
    """The class name that `receiver` is declared with, annotated with or constructed from, or None."""
    if re.match(r"[A-Z]", receiver):
        return receiver
    name = re.escape(receiver)
    patterns = [rf"\b{name}\s*=\s*(?:new\s+|await\s+|&)?([A-Z]\w+)\s*[({{]", rf"\b{name}\s*:\s*&?(?:mut\s+)?\*?([A-Z]\w+)",
                rf"\b{name}\s*:?=\s*&?(?:\w+\.)?([A-Z]\w+)\{{"]
    if language in ("c", "cpp", "java", "csharp"):
        patterns.append(rf"\b([A-Za-z_]\w+)(?:<[^<>;]*>)?[\s*&]+{name}\s*[;=,)({{]")
    if language == "go":
        patterns.append(rf"\b{name}\s+\*?(?:\w+\.)?([A-Z]\w+)")
    found = {m for pattern in patterns for m in re.findall(pattern, code)}
    found -= {"return", "new", "else", "auto", "var", "const", "delete", "throw", "await"}
    return found.pop() if len(found) == 1 else None


def distinctive(name):
    return len(name) >= 8 or (len(name) >= 5 and (re.search(r"[a-z][A-Z]", name) or "_" in name.strip("_")))


class Resolver:
    def __init__(self, package, path, counts):
        self.package, self.path, self.counts = package, path, counts
        self.language = language_of(path)
        self.imported = package.imported_by(path)
        statements = IMPORTS.get(self.language, IMPORTS[""])
        raw = " ".join(statements.findall(package.code[path]))
        self.import_words = set(WORD.findall(raw))
        self.imports_all = "*" in raw
        self.code = statements.sub(blank, package.code[path])
        self.local = set(LOCAL_NAME.findall(self.code))
        if self.language in ("python", "typescript", "rust"):
            self.local.update(ANNOTATED.findall(self.code))
        self.known = {}  # (name, receiver, member) -> what resolve() said

    def candidates(self, name, member):
        tags = [t for t in self.package.by_name.get(name, ()) if t["family"] == family(self.language) and
                t.get("scopeKind") not in ("function", "func", "method")]
        if not any(t["kind"] in ASKED - NEVER for t in tags):
            return []
        if not member and self.language in ("python", "javascript", "typescript", "php", "go", "rust"):
            tags = [t for t in tags if t["kind"] not in MEMBER_KINDS and not (t["kind"] in ("function", "func") and
                    "scope" in t and t.get("scopeKind") in ("class", "struct", "interface", "implementation"))]
        return tags

    def resolve(self, name, before):
        """(answers, how) or a reason why not."""
        if name in self.package.own[self.path] or name in KEYWORD or len(name) < 4 or name.startswith("__"):
            return None, "own, short or keyword"
        if name not in self.package.by_name:
            return None, "not defined in the package"
        receiver = RECEIVER.search(before)
        member = bool(MEMBER.search(before))
        key = (name, receiver and receiver.group(1), member)
        if key not in self.known:
            self.known[key] = self.look_up(*key)
        return self.known[key]

    def look_up(self, name, receiver, member):
        tags = self.candidates(name, member)
        if not tags:
            return None, "not defined in the package"
        if not member and name in self.local:
            return None, "local name"
        if not member and self.language in MUST_IMPORT and not self.imports_all and name not in self.import_words:
            return None, "not imported"
        how, chosen = self.choose(tags, receiver, member, name)
        if not chosen:
            return None, how
        if any(t["kind"] not in ASKED for t in chosen) or all(t["kind"] in NEVER for t in chosen):
            return None, "field or variable"
        if family(self.language) == "c" and not {t["path"] for t in chosen} & self.package.reached(self.path):
            return None, "not included"
        answers = {(t["path"], t["line"] - 1, t.get("end", t["line"]) - 1) for t in chosen}
        return sorted(answers), how

    def choose(self, tags, receiver, member, name):
        def files(some):
            return {t["path"] for t in some if t["kind"] != "prototype"} or {t["path"] for t in some}

        def one_of(some):
            """The definition with its prototypes, where there is one defining file."""
            return some if len(files(some)) == 1 else []

        if receiver and receiver not in ("self", "this", "super", "cls"):
            owner = type_of(receiver, self.code, self.language)
            if owner:
                own = one_of([t for t in tags if re.split(r"[.:\\]+", t.get("scope", ""))[-1] == owner])
                if own:
                    return "receiver", own
        imported = [t for t in tags if t["path"] in self.imported]
        if len(files(tags)) == 1 and (not member or distinctive(name)):
            return ("import" if imported else "unique"), tags
        if imported and (not member or distinctive(name)) and len({t["path"] for t in imported}) == 1:
            scopes = {t.get("scope", "") for t in tags if t["path"] in {t["path"] for t in imported}}
            chosen = imported + [t for t in tags if t not in imported and t.get("scope", "") in scopes and
                                 (t["kind"] == "prototype") != (imported[0]["kind"] == "prototype")]
            return ("import", chosen) if len(files(chosen)) == 1 else ("ambiguous", [])
        if self.language in ("go", "java", "csharp") and not member:
            folder = os.path.dirname(self.path)
            near = one_of([t for t in tags if os.path.dirname(t["path"]) == folder])
            if near:
                return "package", near
        return "ambiguous", []


def uses_of(package, path, rng, counts):
    """Resolved uses in the file, one a line at most: (cursor, name, first_use, how, answers)."""
    resolver = Resolver(package, path, counts)
    text, code = package.texts[path], resolver.code
    first_at = {}
    for match in WORD.finditer(text):
        first_at.setdefault(match.group(), match.start())
    at, found = 0, []
    for number, line in enumerate(code.split("\n")):
        start, at = at, at + len(line) + 1
        raw = text[start:at - 1]
        if number < 8 or not 6 <= len(raw.strip()) <= 160 or IMPORT_LINE.match(raw):
            continue
        options = []
        for match in WORD.finditer(line):
            answers, how = resolver.resolve(match.group(), line[:match.start()])
            if answers is None:
                if how == "ambiguous":
                    counts["ambiguous"] += 1
                continue
            counts["resolved by " + how] += 1
            first = first_at[match.group()] >= start
            options.append((len(text[:start].encode()), match.group(), first, how, answers))
        if options:
            found.append(rng.choice(options))
    return found


def draw(package, rng, wanted, first_share, counts):
    """Up to `wanted` cases a language, files in turn, four a file and three a name at most."""
    by_language = collections.defaultdict(lambda: {True: [], False: []})
    paths = [p for p in sorted(package.texts) if not SKIPPED_FOLDERS.search(p)]
    rng.shuffle(paths)
    taken = collections.Counter()
    for path in paths[:FILES_MAX]:
        language = language_of(path)
        if language == "c" and path.endswith(".h") and re.search(r"\bnamespace\b|\bclass\s+\w+", package.texts[path]):
            language = "cpp"
        uses = uses_of(package, path, rng, counts)
        rng.shuffle(uses)
        kept = {True: 0, False: 0}
        for cursor, name, first, how, answers in uses:
            if kept[first] >= 2 or taken[name] >= 3:
                continue
            kept[first] += 1
            taken[name] += 1
            by_language[language][first].append({
                "package": package.name, "path": path, "cursor": cursor, "language": language, "name": name,
                "first_use": first, "how": how,
                "answers": [{"path": p, "line": a, "end_line": b} for p, a, b in answers]})
    return by_language


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("packages", nargs="+")
    options.add_argument("--per-language", type=int, default=100)
    options.add_argument("--first-use", type=float, default=0.7, help="share of first uses")
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()

    pools = collections.defaultdict(lambda: {True: {}, False: {}})  # language -> first -> package -> cases
    counts = collections.Counter()
    for root in args.packages:
        rng = random.Random(f"{args.seed} {os.path.basename(root.rstrip('/'))}")
        package = Package(root)
        for language, cases in draw(package, rng, args.per_language, args.first_use, counts).items():
            for first in (True, False):
                pools[language][first][package.name] = cases[first]
        print(f"{package.name}: {len(package.texts)} files", file=sys.stderr)
    made = 0
    for language in sorted(pools):
        for first in (True, False):
            share = args.first_use if first else 1 - args.first_use
            wanted, packages = round(args.per_language * share), pools[language][first]
            while wanted and any(packages.values()):
                for name in sorted(packages):
                    if packages[name] and wanted:
                        print(json.dumps(packages[name].pop()))
                        wanted, made = wanted - 1, made + 1
    print(f"{made} cases; uses seen: {dict(counts)}", file=sys.stderr)


if __name__ == "__main__":
    main()
