#!/usr/bin/env python3
"""Prints changes of single files from the history of git repositories, a JSON object a line."""
import argparse
import json
import subprocess

EXTENSIONS = (".py", ".cpp", ".cc", ".h", ".hpp", ".c", ".ts", ".tsx", ".js", ".go", ".rs", ".java")


def git(repository, *arguments):
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True).stdout


def changes(repository, count):
    log = git(repository, "log", "--no-merges", "--diff-filter=M", "--name-only", "--format=%x00%H", f"-{count}")
    for commit in log.decode("utf-8", "replace").split("\0")[1:]:
        name, *paths = commit.split("\n")
        for path in filter(None, paths):
            if not path.endswith(EXTENSIONS):
                continue
            before, after = (git(repository, "show", f"{rev}:{path}") for rev in (name + "^", name))
            if len(before) > 400_000 or before == after:
                continue
            try:
                yield {"path": path, "before": before.decode(), "after": after.decode()}
            except UnicodeDecodeError:
                continue


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("-n", type=int, default=400, help="commits a repository")
    options = parser.parse_args()
    for repository in options.repositories:
        for change in changes(repository, options.n):
            print(json.dumps(change))


if __name__ == "__main__":
    main()
