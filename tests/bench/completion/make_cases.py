#!/usr/bin/env python3
"""Cuts completion cases out of source trees.

  make_cases.py -n 400 --seed 1 TREE... > cases.jsonl

One JSON object a line: {"path", "prefix", "suffix", "middle", "language", "kind", "tree"}. Half of
the cases leave out a whole line after its indentation (kind "line"), half what follows a word
boundary inside a line up to its end (kind "rest"); --kinds line,rest,word adds cuts inside a word,
where typing users are most of the time, and `lines` leaves out a line and two or three below it, up to
the end of the paragraph. Languages take turns, files and places are drawn
by the seed, comment lines are skipped. `path` is relative to its tree, so that the tree can serve as
the workspace. --window 1600,700 keeps only that much of prefix and suffix, as the bundled model's
own evaluation did.
"""
import argparse
import json
import os
import random
import re
import sys

LANGUAGES = {
    ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hpp": "cpp", ".cu": "cuda",
    ".cuh": "cuda", ".py": "python", ".js": "javascript", ".mjs": "javascript", ".ts": "typescript",
    ".tsx": "typescript", ".go": "go", ".rs": "rust", ".java": "java",
}
SKIPPED_FOLDERS = re.compile(
    r"(^|/)(\.[^/]+|vendor|third_party|node_modules|dist|build|gen|generated|debian|docs?)(/|$)")
COMMENT = re.compile(r"^(//|#(?!\s*(include|define|if|endif|pragma))|\*|/\*|\"\"\"|''')")
FILE_BYTES = range(300, 100_000)
LINE_CHARS = range(6, 81)
LINES_BELOW_MIN, LINES_BELOW_MAX = 2, 3  # of kind "lines"


def language_of(path, text):
    language = LANGUAGES.get(os.path.splitext(path)[1])
    if language == "c" and path.endswith(".h"):
        if re.search(r"__global__|__device__|threadIdx", text):
            return "cuda"
        if re.search(r"\b(namespace|class\s+\w+|template\s*<)", text):
            return "cpp"
    if language == "cpp" and re.search(r"__global__|__device__|threadIdx", text):
        return "cuda"
    return language


def source_files(tree):
    for folder, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, tree)
            if os.path.splitext(name)[1] not in LANGUAGES or SKIPPED_FOLDERS.search(inside):
                continue
            if os.path.islink(path) or os.path.getsize(path) not in FILE_BYTES or ".min." in name:
                continue
            try:
                text = open(path, encoding="utf-8", newline="").read().replace("\r\n", "\n")
            except UnicodeDecodeError:
                continue
            if max(map(len, text.split("\n"))) <= 300:
                yield inside, text


def cut(rng, path, text, kind):
    """One case from this file, or None where the drawn line is of no use."""
    lines = text.split("\n")
    number = rng.randrange(3, max(4, len(lines) - 2))
    line = lines[number] if number < len(lines) else ""
    bare = line.strip()
    if len(bare) not in LINE_CHARS or not re.search("[A-Za-z]{2}", bare) or COMMENT.match(bare):
        return None
    start = sum(len(each) + 1 for each in lines[:number])
    indent = len(line) - len(line.lstrip())
    at = start + indent
    below = 0
    if kind == "lines":
        while below < LINES_BELOW_MAX and number + below + 1 < len(lines) and lines[number + below + 1].strip():
            below += 1
        if below < LINES_BELOW_MIN:
            return None
    elif kind != "line":
        pattern = r"\b|(?<=\W)" if kind == "rest" else r"(?<=\w)(?=\w)"
        places = [m.start() for m in re.finditer(pattern, line)
                  if indent + 2 <= m.start() <= len(line) - 2]
        if not places:
            return None
        at = start + rng.choice(places)
    end = start + len("\n".join(lines[number:number + below + 1]))
    return {"path": path, "prefix": text[:at], "suffix": text[end:], "middle": text[at:end],
            "kind": kind}


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("trees", nargs="+")
    options.add_argument("-n", type=int, default=400)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kinds", default="line,rest", help="taken in turn")
    options.add_argument("--window", help="PREFIX,SUFFIX characters to keep; default: all")
    args = options.parse_args()

    files = {}  # language -> [(tree, path, text)]
    for tree in args.trees:
        for path, text in source_files(tree):
            files.setdefault(language_of(path, text), []).append((tree, path, text))
    if not files:
        sys.exit("make_cases.py: no source files in " + ", ".join(args.trees))
    # A tree's chance does not grow with its files: draw the tree, then the file.
    by_tree = {language: {} for language in files}
    for language, entries in files.items():
        for tree, path, text in entries:
            by_tree[language].setdefault(tree, []).append((path, text))
    rng, names, made, tries = random.Random(args.seed), sorted(files), 0, 0
    kinds = args.kinds.split(",")
    while made < args.n and tries < 200 * args.n:
        tries += 1
        language = names[made % len(names)]
        tree = rng.choice(sorted(by_tree[language]))
        path, text = rng.choice(by_tree[language][tree])
        case = cut(rng, path, text, kinds[(made // len(names)) % len(kinds)])
        if case is None:
            continue
        if args.window:
            before, after = map(int, args.window.split(","))
            case["prefix"], case["suffix"] = case["prefix"][-before:], case["suffix"][:after]
        case.update(language=language, tree=os.path.basename(tree))
        print(json.dumps(case, ensure_ascii=False))
        made += 1


if __name__ == "__main__":
    main()
