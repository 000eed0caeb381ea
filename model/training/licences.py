"""Which files may be trained on: the licences that debian/copyright gives for each, and what the file itself says.

The machine-readable form (DEP-5, https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) has stanzas of
file patterns, of which the last that matches a path counts. A package without it gives no file: prose is not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Short names as Debian's maintainers write them, lower case, without a version's zeros.
_PERMITTED = re.compile(
    r"(expat|mit|x11|isc|zlib|zlib/libpng.*|openexr|psf|psf-2|python|python-2|postgresql|bsl|bsl-1|boost|boost-1|go|0bsd|"
    r"apache|apache-2|asl-2|asl2|bsd|mit-?0|(mit|expat|isc|bsd|x11)[-_~ ].*|bsd[-0-9].*|[234]-clause.*|(mit|bsd|isc)-like|"
    r"apache-2[-. ].*llvm.*|apache-2[~_-].*)"
)
_RESERVED = re.compile(r"gpl|mpl|epl|cddl|artistic|cc-?by|nc\b|non-?commercial|non-free|proprietary|unknown", re.I)
# A file's own words beat its stanza: maintainers overlook some.
_RESERVED_TEXT = re.compile(
    r"GNU (Lesser |Library |Affero )?General Public|\bA?L?GPL-?v?[23]|Mozilla Public License|Eclipse Public License|"
    r"Common Development and Distribution|CC-BY|Creative Commons Attribution|[Nn]on-?commercial use",
)
HEADER_BYTES = 4000


@dataclass(frozen=True)
class Stanza:
    patterns: tuple[re.Pattern[str], ...]
    licence: str


def is_permitted(licence: str) -> bool:
    """Of alternatives ("A or B") one is enough; of licences that hold together ("A and B") all must be permitted."""
    text = licence.lower().replace(",", " ").strip()
    alternatives = re.split(r"\s+or\s+|\s*\|\s*", text)
    return any(all(_is_permitted_name(name) for name in re.split(r"\s+and\s+", one)) for one in alternatives)


def says_otherwise(text: str) -> bool:
    """Whether the head of a file names a licence that is not permitted."""
    return bool(_RESERVED_TEXT.search(text[:HEADER_BYTES]))


def parse_copyright(text: str) -> list[Stanza]:
    """The stanzas that name files, in their order; none where the file is not machine-readable."""
    if not re.search(r"^Format(-Specification)?:", text, re.M | re.I):
        return []
    stanzas = []
    for block in re.split(r"\n[ \t]*\n", text):
        files = _field(block, "Files")
        licence = _field(block, "License").split("\n")[0].strip()
        if files and licence:
            stanzas.append(Stanza(tuple(_pattern(glob) for glob in files.replace(",", " ").split()), licence))
    return stanzas


def licence_of(path: str, stanzas: list[Stanza]) -> str:
    """The last stanza that matches decides, as the format says; "" where none does."""
    for stanza in reversed(stanzas):
        if any(pattern.fullmatch(path) for pattern in stanza.patterns):
            return stanza.licence
    return ""


def _is_permitted_name(name: str) -> bool:
    name = re.sub(r"(\.0)+(?=$|[^0-9])", "", name.strip().strip("()"))
    return bool(_PERMITTED.fullmatch(name)) and not _RESERVED.search(name)


def _field(block: str, name: str) -> str:
    match = re.search(rf"^{name}:[ \t]*(.*(?:\n[ \t].*)*)", block, re.M | re.I)
    return match.group(1).strip() if match else ""


def _pattern(glob: str) -> re.Pattern[str]:
    """Only * and ? are special, and both match a slash too."""
    glob = glob.removeprefix("./")
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in glob), re.S)


# Packages whose copyright file is prose: the licence of most of their files, as it is generally known. Not read file by
# file: read each package's copyright file again before weights that were trained on it are given to others. What stands
# in a file's head still counts against it (says_otherwise), and vendored folders are left out anyway (filters.py).
GENERALLY_KNOWN = {
    "deb:libpython3.11-stdlib": "PSF-2",
    "deb:python3-jinja2": "BSD-3-clause",
    "apr": "Apache-2.0",
    "glslang": "BSD-3-clause",
    "golang-1.19": "BSD-3-clause",
    "jinja2": "BSD-3-clause",
    "jq": "Expat",
    "krb5": "MIT",
    "ldns": "BSD-3-clause",
    "libdrm": "MIT",
    "libpcap": "BSD-3-clause",
    "libwebp": "BSD-3-clause",
    "libx11": "MIT",
    "libxkbcommon": "MIT",
    "libzip": "BSD-3-clause",
    "llvm-toolchain-14": "Apache-2.0",
    "mesa": "Expat",
    "newlib": "BSD-3-clause",
    "numpy": "BSD-3-clause",
    "openjpeg2": "BSD-2-clause",
    "pixman": "MIT",
    "postgresql-15": "PostgreSQL",
    "python3.11": "PSF-2",
    "tcpdump": "BSD-3-clause",
    "wayland": "MIT",
    "weston": "MIT",
    "xorg-server": "MIT",
}
