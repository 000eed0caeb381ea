"""Which files are worth learning from: written by people, of this package, whole, and without secrets."""

from __future__ import annotations

import re

from .languages import HASH_COMMENTS, SIDE_LANGUAGES

BYTES_MIN, BYTES_MAX = 200, 100_000
_LINE_MAX, _MEAN_LINE_MAX = 400, 90
_LETTERS_MIN, _DIGITS_MAX, _FOREIGN_MAX = 0.3, 0.15, 0.02

_NOT_ITS_OWN = re.compile(
    r"(^|/)(vendor|_vendor|_vendored|third[-_]?party|3rd-?party|externals?|extern|node_modules|bower_components|deps|dist|build|"
    r"generated|gen|autogen|locales?|i18n|l10n|translations|unicode|encodings|fixtures?|testdata|test-data|test_data|"
    r"baselines?|snapshots?|__snapshots__|corpus|fuzz_corpora|bundled|minified|\.git|\.github|debian/missing-sources)(/|$)",
    re.I,
)
_DERIVED_NAMES = re.compile(
    r"(\.min\.|[-.]bundle\.|\.pb\.|_pb2|\.generated\.|\.g\.cs$|\.designer\.cs$|zz_generated|package-lock\.json|"
    r"(^|/)(y\.tab|lex\.yy|config\.guess|config\.sub|ltmain\.sh|install-sh|configure|changelog[^/]*)(\.|$))",
    re.I,
)
_SAYS_GENERATED = re.compile(
    r"do not (edit|modify)|@generated|auto-?\s?generated|automatically generated|machine[- ]generated|"
    r"this file (was|is) generated|generated (by|from|with)\b|produced by bison|created by flex",
    re.I,
)
# Shapes of credentials as their issuers document them, and private keys. Test keys look the same and go too.
_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abpr]-[0-9A-Za-z-]{10,}|"
    r"\bAIza[0-9A-Za-z_-]{35}|\bsk_live_[0-9a-zA-Z]{24}|\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\."
)
_LICENCE_WORDS = re.compile(r"copyright|licen[sc]e|SPDX|permission is hereby|all rights reserved", re.I)
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/\s*", re.S)
_SLASH_COMMENTS = re.compile(r"(?:[ \t]*//[^\n]*\n)+\s*")
_HASH_COMMENTS = re.compile(r"(?:[ \t]*#(?!!|include|define|if|pragma)[^\n]*\n)+\s*")


def path_fault(path: str) -> str:
    """Why a file is left out by its path alone; "" where it is not."""
    if _NOT_ITS_OWN.search(path.rsplit("/", 1)[0] if "/" in path else ""):
        return "vendored"
    return "generated" if _DERIVED_NAMES.search(path) else ""


def text_fault(text: str, language: str) -> str:
    """Why a text is left out; "" where it is not."""
    size = len(text)
    if not BYTES_MIN <= size <= (BYTES_MAX // 5 if language in SIDE_LANGUAGES else BYTES_MAX):
        return "size"
    if _SAYS_GENERATED.search(text[:1500]):
        return "generated"
    if _SECRET.search(text):
        return "secret"
    line_count = text.count("\n") + 1
    if size / line_count > _MEAN_LINE_MAX or max(map(len, text.split("\n"))) > _LINE_MAX * (2 if language == "markdown" else 1):
        return "long lines"
    head = text[:20_000]
    letters = sum(map(str.isalpha, head)) / len(head)
    digits = sum(map(str.isdigit, head)) / len(head)
    foreign = sum(c > "\x7f" for c in head) / len(head)
    if letters < _LETTERS_MIN or digits > _DIGITS_MAX or foreign > _FOREIGN_MAX:
        return "data"
    return ""


def clean(data: bytes, language: str) -> str | None:
    """Line feeds only, no blanks at line ends, one at the end of the file, no licence at its head; None if it is no text.

    The licences' texts are in the manifest's packages. Models that see them a hundred thousand times write them unasked.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    text = re.sub(r"[ \t]+(?=\n)", "", text.replace("\r\n", "\n"))
    return without_licence(text, language).rstrip("\n") + "\n"


def without_licence(text: str, language: str) -> str:
    first_line = ""
    if text.startswith("#!"):
        first_line, _, text = text.partition("\n")
        first_line += "\n"
    text = text.lstrip()
    patterns = [_HASH_COMMENTS] if language in HASH_COMMENTS else [_BLOCK_COMMENT, _SLASH_COMMENTS]
    for _ in range(3):
        match = next((m for m in (pattern.match(text) for pattern in patterns) if m), None)
        if not match or not _LICENCE_WORDS.search(match.group()):
            break
        text = text[match.end() :]
    return first_line + text
