"""Collects the corpus: Debian source packages in, one JSON-lines file a package and a manifest out.

    python3 -m training.corpus --work WORK [--fetch] [--large] [--package-megabytes 4]

WORK/packages/ holds what apt downloaded. WORK/corpus/{train,held}/PACKAGE.jsonl gets one object a file: package,
version, language, path, licence, sha256, text. WORK/corpus/manifest.json says what was kept and why the rest was not.

Held-out packages are read first, so that a near copy of a held-out file in a package that is trained on is found and left out.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator

from . import filters, licences, sources
from .languages import WANTED_PATHS, language_of
from .log import Log, stop
from .near_duplicates import NearDuplicates


@dataclass
class SourceFile:
    package: str
    version: str
    language: str
    path: str
    licence: str
    sha256: str
    text: str


class Collector:
    """Reads packages one by one; remembers what it has seen, so that the order of calls decides who keeps a copy."""

    def __init__(self, folder: Path, package_bytes_max: int) -> None:
        self._folder = folder
        self._package_bytes_max = package_bytes_max
        self._seen: dict[str, str] = {}
        self._near = NearDuplicates()

    def collect(self, package: sources.Package, split: str) -> dict:
        """Writes the package's file; its entry of the manifest."""
        faults: collections.Counter[str] = collections.Counter()
        files = self._within_limit(self._unseen(self._permitted(package, faults), faults), faults)
        if files:
            target = self._folder / split / f"{package.name}.jsonl"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(json.dumps(asdict(file)) + "\n" for file in files), encoding="utf-8")
        return manifest_entry(package, split, files, faults)

    def _permitted(self, package: sources.Package, faults: collections.Counter[str]) -> list[SourceFile]:
        candidates, stanzas = [], []
        try:
            for member in sources.members(package, WANTED_PATHS):
                if member.path == "debian/copyright":
                    stanzas = licences.parse_copyright(member.data.decode("utf-8", "replace"))
                elif fault := filters.path_fault(member.path):
                    faults[fault] += 1
                else:
                    candidates.append(member)
        except (tarfile.TarError, EOFError, OSError) as error:
            faults[f"archive: {error}"] += 1
        known = licences.GENERALLY_KNOWN.get(package.name, "")
        files = []
        for member in candidates:
            file = _read(package, member, licences.licence_of(member.path, stanzas) or known, faults)
            if file:
                files.append(file)
        return files

    def _unseen(self, files: list[SourceFile], faults: collections.Counter[str]) -> Iterator[SourceFile]:
        for file in sorted(files, key=lambda file: file.path):
            squeezed = hashlib.sha256("".join(file.text.split()).encode()).hexdigest()
            if squeezed in self._seen:
                faults["duplicate"] += 1
                continue
            self._seen[squeezed] = file.package
            signature = self._near.signature(file.text)
            if signature is not None and self._near.find_or_add(f"{file.package}/{file.path}", signature):
                faults["near duplicate"] += 1
                continue
            yield file

    def _within_limit(self, files: Iterator[SourceFile], faults: collections.Counter[str]) -> list[SourceFile]:
        """Of a very large package some folders, whole, so that what they share stays together."""
        kept, used = [], collections.Counter()
        for file in sorted(files, key=lambda file: (_folder_order(file.path), file.path)):
            size = len(file.text.encode())
            if used[file.language] + size > self._package_bytes_max:
                faults["more than its share"] += 1
                continue
            used[file.language] += size
            kept.append(file)
        return sorted(kept, key=lambda file: file.path)


def _folder_order(path: str) -> str:
    return hashlib.sha256(path.rpartition("/")[0].encode()).hexdigest()


def _read(
    package: sources.Package, member: sources.Member, licence: str, faults: collections.Counter[str]
) -> SourceFile | None:
    head = member.data[: licences.HEADER_BYTES].decode("utf-8", "replace")
    if not licences.is_permitted(licence) or licences.says_otherwise(head):
        faults["licence"] += 1
        return None
    language = language_of(member.path, head)
    text = filters.clean(member.data, language)
    if text is None:
        faults["encoding"] += 1
        return None
    if fault := filters.text_fault(text, language):
        faults[fault] += 1
        return None
    sha256 = hashlib.sha256(member.data).hexdigest()
    return SourceFile(package.name, package.version, language, member.path, licence, sha256, text)


def manifest_entry(
    package: sources.Package, split: str, files: list[SourceFile], faults: collections.Counter[str]
) -> dict:
    languages: dict[str, dict[str, int]] = {}
    for file in files:
        entry = languages.setdefault(file.language, {"files": 0, "bytes": 0})
        entry["files"] += 1
        entry["bytes"] += len(file.text.encode())
    return {
        "package": package.name,
        "version": package.version,
        "split": split,
        "licences": sorted({file.licence for file in files}),
        "languages": languages,
        "sha256": hashlib.sha256("".join(sorted(file.sha256 for file in files)).encode()).hexdigest(),
        "left_out": dict(faults),
    }


def totals(entries: list[dict], split: str) -> dict[str, int]:
    """Bytes a language."""
    sums: collections.Counter[str] = collections.Counter()
    for entry in entries:
        if entry["split"] == split:
            for language, counts in entry["languages"].items():
                sums[language] += counts["bytes"]
    return dict(sums.most_common())


def collect_all(work: Path, sections: dict[str, str], package_bytes_max: int, log: Log) -> None:
    packages = {package.name: package for package in sources.downloaded(work / "packages")}
    order = sorted((name for name in sections if name in packages), key=lambda name: (sections[name] != "held", name))
    if not order:
        stop(f"{work}/packages has none of the packages; run with --fetch, with deb-src among apt's sources")
    collector = Collector(work / "corpus", package_bytes_max)
    entries = []
    for name in order:
        split = "held" if sections[name] == "held" else "train"
        entries.append(collector.collect(packages[name], split))
        size = sum(counts["bytes"] for counts in entries[-1]["languages"].values())
        log.write("package", name=name, split=split, bytes=size, left_out=sum(entries[-1]["left_out"].values()))
    manifest = {
        "bytes": {split: totals(entries, split) for split in ("train", "held")},
        "not_to_be_had": sorted(name for name in sections if name not in packages),
        "packages": entries,
    }
    (work / "corpus").mkdir(exist_ok=True)
    (work / "corpus" / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    log.write("corpus", **{split: sum(sizes.values()) for split, sizes in manifest["bytes"].items()})


def read_split(work: Path, split: str) -> Iterator[list[dict]]:
    """The files of each package, package by package in a fixed order."""
    for path in sorted((work / "corpus" / split).glob("*.jsonl")):
        yield [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of everything that is made")
    parser.add_argument("--fetch", action="store_true", help="download what is missing, with apt-get source")
    parser.add_argument("--large", action="store_true", help="with the packages of the run on a GPU")
    parser.add_argument("--package-megabytes", type=float, default=4.0, help="of one language, at most")
    parser.add_argument("--apt-option", action="append", default=[], help="passed on: --apt-option=-oDir::Cache=...")
    options = parser.parse_args()
    sections = sources.read_package_list(sources.PACKAGE_LIST)
    if not options.large:
        sections = {name: section for name, section in sections.items() if section != "large"}
    if options.fetch:
        sources.fetch(list(sections), options.work / "packages", options.apt_option)
    log = Log(options.work / "logs" / "corpus.jsonl")
    collect_all(options.work, sections, int(options.package_megabytes * 1e6), log)


if __name__ == "__main__":
    main()
