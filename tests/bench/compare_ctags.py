#!/usr/bin/env python3
"""Compares Curlew's definitions with universal-ctags' on the same files.

Usage: compare_ctags.py DUMP_SYMBOLS FOLDER [--samples N] [--language NAME]

DUMP_SYMBOLS is the program built from tests/indexer/tools. For each language and group of kinds it
prints how many definitions either side has, how many have the same file, group and name, and the
names that one side alone has most often. The figures in docs/symbols-vs-ctags.md come from here.
"""

import argparse
import collections
import os
import subprocess
import tempfile

CTAGS_LANGUAGE = {
    "c": "C", "cpp": "C++", "python": "Python", "javascript": "JavaScript", "typescript": "TypeScript",
    "go": "Go", "rust": "Rust", "java": "Java", "c_sharp": "C#", "bash": "Sh", "ruby": "Ruby", "php": "PHP",
    "lua": "Lua", "kotlin": "Kotlin", "haskell": "Haskell", "ocaml": "OCaml", "ocaml_interface": "OCaml",
    "julia": "Julia", "sql": "SQL", "css": "CSS", "html": "HTML",
}

# What the two call their kinds, brought to one set of groups. What is in no group is not compared:
# references and parameters that ctags calls tags, and what only one of the two looks for.
GROUPS = {
    "functions": {"function", "method", "constructor", "func", "generator", "getter", "setter",
                  "methodSpec", "prototype", "singletonMethod"},
    "types": {"class", "struct", "union", "enum", "interface", "typedef", "type", "talias", "trait",
              "annotation", "alias"},
    "members": {"field", "member", "property", "event"},
    "enumerators": {"enum_member", "enumerator", "enumConstant"},
    "variables": {"variable", "constant", "var", "const", "externvar"},
    "macros": {"macro"},
    "modules": {"module", "namespace", "package"},
}
GROUP_OF = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
# ctags' Python says "member" for a method; its shell's "alias" is a command's.
EXCEPTIONS = {
    ("Python", "member"): "functions",
    ("Python", "namespace"): None, ("Python", "module"): None,
    ("Sh", "alias"): None,
    ("Go", "package"): "modules",
    ("Ruby", "alias"): "functions", ("Ruby", "accessor"): "members",
    ("Haskell", "constructor"): "enumerators",
    ("OCaml", "Constructor"): "enumerators", ("OCaml", "Exception"): "types", ("OCaml", "RecordField"): "members",
    ("OCaml", "val"): "variables", ("OCaml", "var"): "variables",
    ("CSS", "class"): "members", ("CSS", "id"): "members", ("CSS", "selector"): None,
    ("HTML", "id"): "members", ("HTML", "anchor"): "members", ("HTML", "title"): None, ("HTML", "class"): None,
    ("SQL", "table"): "types", ("SQL", "view"): "types", ("SQL", "procedure"): "functions",
    ("SQL", "schema"): "modules",
    ("Kotlin", "object"): "types",
}
# Kinds that ctags leaves out unless asked: declarations, to compare with ours.
EXTRA_KINDS = {"C": "+px", "C++": "+px"}


def our_tags(program, folder):
    """language -> list of (path, group, name, line, is_definition); language -> files."""
    tags, files = collections.defaultdict(list), collections.defaultdict(list)
    out = subprocess.run([program, folder], stdout=subprocess.PIPE, check=True).stdout
    for line in out.decode("utf-8", "surrogateescape").split("\n"):
        parts = line.split("\t")
        if len(parts) != 6:
            continue
        language, path, number, kind, name, state = parts
        if kind == "file":
            files[language].append(path)
            continue
        group = GROUP_OF.get(kind)
        if language == "bash" and group == "variables":
            group = None  # ctags does not look for them
        if group:
            tags[language].append((path, group, name, int(number), state == "definition"))
    return tags, files


def ctags_tags(language, folder, files, with_declarations):
    name = CTAGS_LANGUAGE[language]
    with tempfile.NamedTemporaryFile("w", errors="surrogateescape") as listing:
        listing.write("\n".join(files) + "\n")
        listing.flush()
        command = ["ctags", "-x", "--sort=no", "--_xformat=%F\t%n\t%K\t%N", "--language-force=" + name,
                   "-L", listing.name]
        extra = EXTRA_KINDS.get(name)
        if with_declarations and extra:
            command.insert(1, f"--kinds-{name}={extra}")
        out = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             check=True).stdout
    tags = []
    for line in out.decode("utf-8", "surrogateescape").split("\n"):
        parts = line.split("\t")
        if len(parts) != 4:
            continue
        path, number, kind, tag = parts
        group = EXCEPTIONS.get((name, kind), GROUP_OF.get(kind))
        if group and not tag.startswith(("__anon", "AnonymousFunction")):
            if name == "Lua":  # "Square.new", "Square:area"
                tag = tag.replace(":", ".").split(".")[-1]
            tags.append((path, group, tag.split("::")[-1].replace(" ", ""), int(number)))
    return tags


def compare(title, ours, theirs, samples):
    by_group = {group: ([], []) for group in GROUPS}
    for tag in ours:
        by_group[tag[1]][0].append(tag)
    for tag in theirs:
        by_group[tag[1]][1].append(tag)
    print(f"\n## {title}\n\n| group | Curlew | ctags | same | difference |\n|---|---|---|---|---|")
    detail = []
    for group, (a, b) in by_group.items():
        if not a and not b:
            continue
        key = lambda tag: (tag[0], tag[2].split("::")[-1].replace(" ", ""))
        count_a, count_b = collections.Counter(map(key, a)), collections.Counter(map(key, b))
        same = sum((count_a & count_b).values())
        difference = f"{100 * (len(a) - len(b)) / len(b):+.1f}%" if b else "only ours"
        print(f"| {group} | {len(a)} | {len(b)} | {same} | {difference} |")
        for side, more, less, tags in (("only Curlew", count_a, count_b, a), ("only ctags", count_b, count_a, b)):
            rest = more - less
            lines = {key(tag): tag[3] for tag in tags}
            places = [f"{name} ({path}:{lines[path, name]})" for path, name in rest]
            step = max(1, len(places) // samples) if samples else 1
            if places and samples:
                detail.append(f"- {group}, {side}, {sum(rest.values())}: " + "; ".join(places[::step][:samples]))
            folders = collections.Counter()
            for (path, _), n in rest.items():
                folders["/".join(path.split("/")[:2])] += n
            if samples and folders:
                detail.append("  most in " + ", ".join(f"{f} {n}" for f, n in folders.most_common(6)))
    print("\n" + "\n".join(detail))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--language")
    options = parser.parse_args()
    tags, files = our_tags(os.path.abspath(options.program), options.folder)
    for language in sorted(files):
        if language not in CTAGS_LANGUAGE or (options.language and language != options.language):
            continue
        title = f"{language}: {len(files[language])} files"
        if CTAGS_LANGUAGE[language] in EXTRA_KINDS:
            theirs = ctags_tags(language, options.folder, files[language], False)
            compare(title + ", definitions", [t for t in tags[language] if t[4]], theirs, options.samples)
        theirs = ctags_tags(language, options.folder, files[language], True)
        compare(title + ", with declarations", tags[language], theirs, options.samples)


if __name__ == "__main__":
    main()
