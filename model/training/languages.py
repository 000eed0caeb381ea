"""Languages of the corpus: by file name, how their comments look, and how often their text is wanted."""

from __future__ import annotations

import re

LANGUAGE_OF_SUFFIX = {
    ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hpp": "cpp", ".hh": "cpp", ".hxx": "cpp",
    ".cu": "cuda", ".cuh": "cuda", ".hip": "cuda", ".py": "python", ".pyi": "python", ".js": "javascript",
    ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript",
    ".go": "go", ".rs": "rust", ".java": "java", ".cs": "csharp", ".sh": "bash", ".bash": "bash", ".md": "markdown",
    ".cmake": "cmake", ".json": "json", ".yaml": "yaml", ".yml": "yaml",
}  # fmt: skip
LANGUAGE_OF_NAME = {"CMakeLists.txt": "cmake"}
LANGUAGES = tuple(dict.fromkeys(LANGUAGE_OF_SUFFIX.values()))
# Of these there is more than anybody needs: their share of the corpus is kept small.
SIDE_LANGUAGES = {"markdown", "cmake", "json", "yaml"}
HASH_COMMENTS = {"python", "bash", "cmake", "yaml"}

_CPP_ONLY = re.compile(r"\b(namespace\s+\w|template\s*<|class\s+\w+\s*[:{]|std::|public:|typename\s)")
_DEVICE_CODE = re.compile(r"__global__|__device__|threadIdx\.|blockIdx\.")

WANTED_PATHS = re.compile(
    r"(" + "|".join(re.escape(s) + "$" for s in LANGUAGE_OF_SUFFIX) + r"|(^|/)CMakeLists\.txt$|^debian/copyright$)"
)


def language_of(path: str, text: str) -> str:
    """Headers are C, C++ or CUDA by what stands in them; "" for a language that the corpus does not have."""
    name = path.rsplit("/", 1)[-1]
    suffix = "." + name.rsplit(".", 1)[-1] if "." in name else ""
    language = LANGUAGE_OF_NAME.get(name) or LANGUAGE_OF_SUFFIX.get(suffix, "")
    if language == "c" and suffix == ".h" and _CPP_ONLY.search(text):
        language = "cpp"
    if language in ("c", "cpp") and _DEVICE_CODE.search(text):
        language = "cuda"
    return language
