"""Debian source packages: which ones, getting them, and reading the files inside.

Everything comes through apt, by name and version, so that anybody can get the same text again. A mirror may lack some
packages: those are reported and left out, and the manifest says what there was. Many binary packages ship their source
(Python, Rust, Go, headers); "deb:NAME" in the list is such a one, for mirrors that have it and not the source package.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

PACKAGE_LIST = Path(__file__).with_name("packages.txt")
SECTIONS = ("train", "large", "held")
BATCH = 24  # packages asked of apt at once: it reads its lists each time
FILE_BYTES_MAX = 400_000
DEB = "deb:"
# Where binary packages put what was the source package's top folder.
_INSTALLED = re.compile(
    r"usr/(lib/python3/dist-packages|lib/python3\.\d+|share/cargo/registry/[^/]+|share/nodejs|lib/node_modules|"
    r"share/gocode/src/[^/]+/[^/]+/[^/]+|include)/"
)


@dataclass
class Package:
    name: str
    version: str
    archives: list[Path] = field(default_factory=list)


@dataclass
class Member:
    """One file of a package; the path begins below the archive's own top folder."""

    path: str
    data: bytes


def read_package_list(path: Path) -> dict[str, str]:
    """Package name -> section. A name in two sections is a mistake that would leak held-out code: refused."""
    sections: dict[str, str] = {}
    section = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
            if section not in SECTIONS:
                raise ValueError(f"{path}:{number}: section [{section}] is none of {', '.join(SECTIONS)}")
            continue
        for name in line.split():
            if not section or sections.get(name, section) != section:
                raise ValueError(f"{path}:{number}: {name} stands in no section, or in two")
            sections[name] = section
    return sections


def fetch(names: list[str], folder: Path, apt_options: list[str]) -> None:
    """Downloads what is not there yet. apt checks the signatures of its lists and the hashes of what it loads."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {package.name for package in downloaded(folder)}
    wanted = [name for name in names if name not in there]
    _apt(["source", "--download-only"], [name for name in wanted if not name.startswith(DEB)], folder, apt_options)
    _apt(["download"], [name.removeprefix(DEB) for name in wanted if name.startswith(DEB)], folder, apt_options)


def _apt(verb: list[str], names: list[str], folder: Path, apt_options: list[str]) -> None:
    """One name at a time where apt refuses a whole batch for one name that it does not know."""
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        for attempt in [batch] if _run_apt(verb, batch, folder, apt_options) else [[name] for name in batch]:
            if attempt != batch:
                _run_apt(verb, attempt, folder, apt_options)


def _run_apt(verb: list[str], names: list[str], folder: Path, apt_options: list[str]) -> bool:
    """False when apt did nothing at all: then its error is about a name. A file that a mirror lacks is no such case."""
    command = ["apt-get", *apt_options, "-qq", *verb, *names]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "Unable to locate package" not in result.stderr and "Unable to find a source" not in result.stderr


def downloaded(folder: Path) -> list[Package]:
    """The packages whose upstream archives are all there, by name."""
    packages: dict[str, Package] = {}
    for dsc in sorted(folder.glob("*.dsc")):
        package = read_dsc(dsc)
        if package:
            packages[package.name] = package
    for deb in sorted(folder.glob("*.deb")):
        name, version, _ = deb.name.split("_", 2)
        packages[DEB + name] = Package(DEB + name, version.replace("%3a", ":"), [deb])
    return [packages[name] for name in sorted(packages)]


def read_dsc(path: Path) -> Package | None:
    text = path.read_text(errors="replace")
    name = re.search(r"^Source: (\S+)", text, re.M)
    version = re.search(r"^Version: (\S+)", text, re.M)
    checksums = re.search(r"^Checksums-Sha256:\n((?: .*\n?)+)", text, re.M)
    if not (name and version and checksums):
        return None
    files = [line.split() for line in checksums.group(1).splitlines()]
    tars = [path.parent / file[2] for file in files if ".tar." in file[2] and not file[2].endswith(".asc")]
    if not tars or not all(tar.exists() for tar in tars):
        return None
    return Package(name.group(1), version.group(1), tars)


def members(package: Package, wanted: re.Pattern[str]) -> Iterator[Member]:
    """Regular files whose path matches, unless they are too large. tarfile.TarError for a broken archive."""
    for archive in package.archives:
        if archive.suffix == ".deb":
            yield from _members_of_deb(archive, wanted)
            continue
        is_debian = ".debian.tar." in archive.name
        with tarfile.open(archive, "r|*") as tar:
            for info, path in _files(tar):
                path = path if is_debian else path.split("/", 1)[-1]
                yield from _read(tar, info, path, wanted)


def _members_of_deb(archive: Path, wanted: re.Pattern[str]) -> Iterator[Member]:
    unpacking = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE)
    with unpacking, tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar:
        for info, path in _files(tar):
            path = re.sub(r"^usr/share/doc/[^/]+/copyright$", "debian/copyright", path)
            yield from _read(tar, info, _INSTALLED.sub("", path), wanted)


def _files(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, str]]:
    for info in tar:
        if info.isfile() and info.size <= FILE_BYTES_MAX:
            yield info, info.name.removeprefix("./")


def _read(tar: tarfile.TarFile, info: tarfile.TarInfo, path: str, wanted: re.Pattern[str]) -> Iterator[Member]:
    reader = tar.extractfile(info) if wanted.search(path) else None
    if reader:
        yield Member(path, reader.read())
