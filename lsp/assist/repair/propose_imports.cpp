// A name that is defined elsewhere: in the standard library, by a table; in the workspace, by the
// index. The line that makes it known goes behind the last one of its kind.
#include <algorithm>
#include <filesystem>
#include <set>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {
namespace fs = std::filesystem;

namespace {

constexpr int kDefinersMax = 6;

struct Known {
  std::string_view line;   // what makes the names known
  std::string_view names;  // separated by blanks
};
// clang-format off
constexpr Known kCpp[] = {
    {"#include <algorithm>", "sort stable_sort find find_if count count_if min max clamp minmax reverse copy fill transform any_of all_of none_of lower_bound upper_bound binary_search unique remove remove_if max_element min_element rotate shuffle for_each equal replace swap_ranges partition nth_element set_union set_intersection merge"},
    {"#include <string>", "string to_string stoi stol stod getline wstring u8string"},
    {"#include <vector>", "vector"}, {"#include <map>", "map multimap"}, {"#include <set>", "set multiset"},
    {"#include <unordered_map>", "unordered_map unordered_multimap"}, {"#include <unordered_set>", "unordered_set"},
    {"#include <memory>", "unique_ptr shared_ptr weak_ptr make_unique make_shared allocator"},
    {"#include <iostream>", "cout cin cerr endl clog"}, {"#include <sstream>", "stringstream ostringstream istringstream"},
    {"#include <fstream>", "ifstream ofstream fstream"}, {"#include <iomanip>", "setw setprecision setfill quoted"},
    {"#include <cstdint>", "uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t uintptr_t intptr_t UINT32_MAX INT32_MAX UINT64_MAX"},
    {"#include <cstddef>", "size_t ptrdiff_t nullptr_t byte"}, {"#include <cstring>", "memcpy memset memcmp strlen strcmp strncmp strcpy strchr strstr memmove strerror"},
    {"#include <cstdio>", "printf fprintf snprintf sprintf fopen fclose puts FILE stderr stdout perror fgets"},
    {"#include <cstdlib>", "malloc free calloc realloc exit abort getenv atoi strtol EXIT_FAILURE EXIT_SUCCESS abs"},
    {"#include <cmath>", "sqrt pow sin cos tan floor ceil fabs log exp round fmod hypot isnan atan2"},
    {"#include <cassert>", "assert"}, {"#include <cctype>", "isdigit isalpha isspace isalnum toupper tolower isupper islower ispunct"},
    {"#include <functional>", "function bind hash greater less"}, {"#include <optional>", "optional nullopt make_optional"},
    {"#include <variant>", "variant visit get_if holds_alternative"}, {"#include <utility>", "pair make_pair move forward swap exchange"},
    {"#include <tuple>", "tuple make_tuple tie"}, {"#include <array>", "array"}, {"#include <deque>", "deque"}, {"#include <list>", "list"},
    {"#include <queue>", "queue priority_queue"}, {"#include <stack>", "stack"}, {"#include <string_view>", "string_view"}, {"#include <span>", "span"},
    {"#include <numeric>", "accumulate iota gcd lcm reduce partial_sum inner_product"}, {"#include <limits>", "numeric_limits"},
    {"#include <stdexcept>", "runtime_error invalid_argument out_of_range logic_error length_error domain_error"},
    {"#include <exception>", "exception terminate"}, {"#include <thread>", "thread this_thread jthread"}, {"#include <mutex>", "mutex lock_guard unique_lock scoped_lock"},
    {"#include <atomic>", "atomic atomic_int"}, {"#include <chrono>", "chrono"}, {"#include <random>", "mt19937 random_device uniform_int_distribution"},
    {"#include <filesystem>", "filesystem"}, {"#include <regex>", "regex regex_match regex_search"}, {"#include <iterator>", "back_inserter distance next prev"},
    {"#include <climits>", "INT_MAX INT_MIN UINT_MAX LONG_MAX CHAR_BIT"}, {"#include <cerrno>", "errno EINTR EINVAL ENOENT"},
    {"#include <unistd.h>", "close read write getpid usleep fork pipe dup2"}, {"#include <condition_variable>", "condition_variable"}, {"#include <bitset>", "bitset"}};
constexpr Known kC[] = {
    {"#include <stdio.h>", "printf fprintf snprintf sprintf fopen fclose puts FILE stderr stdout stdin perror fgets getchar putchar sscanf scanf"},
    {"#include <stdlib.h>", "malloc free calloc realloc exit abort getenv atoi strtol qsort EXIT_FAILURE EXIT_SUCCESS abs rand"},
    {"#include <string.h>", "memcpy memset memcmp strlen strcmp strncmp strcpy strchr strstr memmove strdup strerror strtok strcat"},
    {"#include <stdint.h>", "uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t uintptr_t INT32_MAX UINT32_MAX"},
    {"#include <stdbool.h>", "bool true false"}, {"#include <stddef.h>", "size_t NULL ptrdiff_t offsetof"}, {"#include <assert.h>", "assert"},
    {"#include <ctype.h>", "isdigit isalpha isspace isalnum toupper tolower"}, {"#include <math.h>", "sqrt pow sin cos floor ceil fabs log exp"},
    {"#include <limits.h>", "INT_MAX INT_MIN UINT_MAX LONG_MAX CHAR_BIT"}, {"#include <errno.h>", "errno EINTR EINVAL ENOENT"},
    {"#include <unistd.h>", "close read write getpid usleep fork pipe dup2"}, {"#include <time.h>", "time clock localtime strftime"}};
constexpr Known kPython[] = {
    {"from collections import {}", "defaultdict Counter OrderedDict deque namedtuple ChainMap"},
    {"from dataclasses import {}", "dataclass field asdict replace"}, {"from pathlib import {}", "Path PurePath"},
    {"from typing import {}", "List Dict Optional Any Tuple Union Callable Iterable Iterator Set Sequence Mapping NamedTuple TypeVar Generic cast"},
    {"from functools import {}", "partial lru_cache wraps reduce cached_property total_ordering cache"},
    {"from itertools import {}", "chain product permutations combinations islice groupby zip_longest accumulate count cycle"},
    {"from datetime import {}", "datetime timedelta date timezone"}, {"from enum import {}", "Enum IntEnum Flag auto"},
    {"from abc import {}", "ABC abstractmethod"}, {"from contextlib import {}", "contextmanager suppress closing ExitStack"},
    {"from decimal import {}", "Decimal"}, {"from fractions import {}", "Fraction"}, {"from io import {}", "StringIO BytesIO"},
    {"from copy import {}", "deepcopy"}, {"from operator import {}", "itemgetter attrgetter"}, {"from unittest import {}", "TestCase"},
    {"import {}", "os sys re json math time random itertools functools collections subprocess shutil string logging argparse typing copy io abc enum csv glob hashlib tempfile unittest datetime pathlib operator bisect heapq textwrap threading struct socket base64 uuid inspect traceback warnings urllib sqlite3 pickle contextlib dataclasses statistics decimal fractions signal queue asyncio types platform secrets zlib gzip"}};
constexpr Known kGo[] = {
    {"\"fmt\"", "fmt"}, {"\"strings\"", "strings"}, {"\"os\"", "os"}, {"\"errors\"", "errors"}, {"\"sort\"", "sort"}, {"\"strconv\"", "strconv"},
    {"\"time\"", "time"}, {"\"math\"", "math"}, {"\"sync\"", "sync"}, {"\"io\"", "io"}, {"\"bytes\"", "bytes"}, {"\"bufio\"", "bufio"}, {"\"context\"", "context"},
    {"\"regexp\"", "regexp"}, {"\"path/filepath\"", "filepath"}, {"\"encoding/json\"", "json"}, {"\"net/http\"", "http"}, {"\"unicode\"", "unicode"},
    {"\"math/rand\"", "rand"}, {"\"reflect\"", "reflect"}, {"\"log\"", "log"}, {"\"testing\"", "testing"}, {"\"unicode/utf8\"", "utf8"}, {"\"net/url\"", "url"}, {"\"slices\"", "slices"}, {"\"maps\"", "maps"}};
constexpr Known kRust[] = {
    {"use std::collections::{};", "HashMap HashSet BTreeMap BTreeSet VecDeque BinaryHeap"}, {"use std::fmt;", "fmt"}, {"use std::fs::File;", "File"},
    {"use std::io::{};", "Read Write BufRead BufReader"}, {"use std::rc::Rc;", "Rc"}, {"use std::sync::{};", "Arc Mutex RwLock"}, {"use std::cell::{};", "RefCell Cell"},
    {"use std::cmp::{};", "Ordering Reverse"}, {"use std::path::{};", "Path PathBuf"}, {"use std::time::{};", "Duration Instant"}, {"use std::str::FromStr;", "FromStr"}, {"use std::env;", "env"}, {"use std::fs;", "fs"}, {"use std::io;", "io"}, {"use std::mem;", "mem"}, {"use std::thread;", "thread"}};
constexpr Known kJava[] = {
    {"import java.util.{};", "List ArrayList Map HashMap Set HashSet Arrays Collections Iterator Optional Scanner LinkedList Deque ArrayDeque PriorityQueue Objects Random TreeMap TreeSet LinkedHashMap Comparator Queue UUID Date Locale"},
    {"import java.util.stream.{};", "Collectors Stream IntStream"}, {"import java.util.function.{};", "Function Predicate Supplier Consumer BiFunction"}, {"import java.io.{};", "IOException File InputStream OutputStream Reader Writer BufferedReader FileReader Serializable"},
    {"import java.nio.file.{};", "Path Paths Files"}, {"import java.math.{};", "BigDecimal BigInteger"}};
constexpr Known kTypeScript[] = {
    {"import * as {} from '{}';", "fs path os util crypto http https events child_process url assert"}};
// clang-format on

struct ImportForm {
  std::string_view language;
  std::span<const Known> known;
  std::vector<std::string_view> heads;  // how lines begin that the new one goes behind
};
const std::vector<ImportForm>& forms() {
  static const std::vector<ImportForm> kForms = {
      {"cpp", kCpp, {"#include"}},
      {"cuda", kCpp, {"#include"}},
      {"c", kC, {"#include"}},
      {"python", kPython, {"import ", "from "}},
      {"go", kGo, {"import "}},
      {"rust", kRust, {"use ", "pub use ", "extern crate"}},
      {"java", kJava, {"import ", "package "}},
      {"typescript", kTypeScript, {"import "}},
      {"tsx", kTypeScript, {"import "}},
      {"javascript", kTypeScript, {"import ", "const "}}};
  return kForms;
}

bool holds_word(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; (at = words.find(word, at)) != words.npos; at += word.size()) {
    const bool begins = at == 0 || words[at - 1] == ' ';
    const std::size_t end = at + word.size();
    if (begins && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

std::string filled(std::string_view line, std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const bool is_gap = line.substr(i).starts_with("{}");
    if (is_gap)
      out += name;
    else
      out += line[i];
    i += is_gap ? 2 : 1;
  }
  return out;
}

// "src/pkg/util.py" -> "pkg.util": folders that only hold sources are no package.
std::string python_module(std::string path) {
  for (const std::string_view root : {"src/", "lib/", "python/"})
    if (path.starts_with(root)) path.erase(0, root.size());
  path = path.substr(0, path.rfind(".py"));
  if (path.ends_with("/__init__")) path.resize(path.size() - 9);
  std::ranges::replace(path, '/', '.');
  return path;
}

std::string relative_to(const std::string& path, const std::string& from) {
  std::string relative =
      fs::path(path).lexically_relative(fs::path(from).parent_path()).generic_string();
  return relative.starts_with('.') ? relative : "./" + relative;
}

constexpr double kOwnHeader = 0.8;

class ImportEngine {
 public:
  ImportEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), candidates_(candidates) {
    if (place.language == nullptr) return;
    for (const ImportForm& form : forms())
      if (form.language == place.language->name) form_ = &form;
  }

  void run() {
    if (form_ == nullptr) return;
    find_spot();
    own_header();
    double chance = 0.85;
    for (const std::string& name : unknown_names()) {
      for (const Known& known : form_->known)
        if (holds_word(known.names, name))
          add(filled(known.line, name), chance,
              fmt::format("`{}` is the standard library's", name));
      from_workspace(name, chance * 0.9);
      chance *= 0.85;
    }
  }

 private:
  // What the message quotes, and the word at its column.
  std::vector<std::string> unknown_names() const {
    std::vector<std::string> names;
    const auto note = [&](std::string name) {
      const std::size_t at = name.find_last_of(":.");
      for (std::string word : {name, at == name.npos ? name : name.substr(at + 1),
                               name.substr(0, name.find_first_of(":."))})
        if (!word.empty() && std::ranges::find(names, word) == names.end()) names.push_back(word);
    };
    for (std::string& word : quoted_words(place_.diagnostic.message)) note(std::move(word));
    const std::string_view undefined = "undefined: ";  // Go quotes nothing
    if (const std::size_t at = place_.diagnostic.message.find(undefined); at != std::string::npos)
      note(place_.diagnostic.message.substr(at + undefined.size()));
    const std::size_t here = first_token_at(place_.tokens, place_.offset);
    if (here < place_.tokens.size() && place_.tokens[here].kind == TokenKind::kWord)
      note(std::string(place_.tokens[here].in(place_.text)));
    return names;
  }

  // A source that does not include the header of its name: what is missing is most likely there.
  void own_header() {
    if (place_.index == nullptr || is_header(place_.path)) return;
    const std::string_view language = form_->language;
    if (language != "c" && language != "cpp" && language != "cuda") return;
    const fs::path source(place_.path);
    for (const char* extension : {".h", ".hpp", ".hh", ".cuh"}) {
      const std::string name = source.stem().string() + extension;
      if (includes(name)) return;
      if (!place_.index->file((source.parent_path() / name).string())) continue;
      add(fmt::format("#include \"{}\"", name), kOwnHeader,
          fmt::format("{} is not included", name));
    }
  }

  // By whatever path.
  bool includes(const std::string& header) const {
    return place_.text.find("/" + header + "\"") != std::string_view::npos ||
           place_.text.find("\"" + header + "\"") != std::string_view::npos;
  }

  void from_workspace(const std::string& name, double chance) {
    if (place_.index == nullptr) return;
    const auto hits = place_.index->definitions(name, kDefinersMax);
    if (!hits) return;
    std::set<std::string> files;
    for (const indexer::SearchHit& hit : *hits) {
      if (hit.path == place_.path || !files.insert(hit.path).second) continue;
      for (const std::string& line : lines_for(hit.path, name)) {
        add(line, chance, fmt::format("`{}` is defined in {}", name, hit.path));
        chance *= 0.9;
      }
    }
  }

  std::vector<std::string> lines_for(const std::string& path, const std::string& name) const {
    const std::string_view language = form_->language;
    const std::string without = path.substr(0, path.rfind('.'));
    if (language == "c" || language == "cpp" || language == "cuda") {
      if (!is_header(path) || includes(fs::path(path).filename().string())) return {};
      std::vector<std::string> lines = {
          fmt::format("#include \"{}\"", path),
          fmt::format("#include \"{}\"", fs::path(path).filename().string())};
      const std::string near = relative_to(path, place_.path);
      lines.push_back(
          fmt::format("#include \"{}\"", near.starts_with("./") ? near.substr(2) : near));
      return lines;
    }
    if (language == "python") {
      const std::string module = python_module(path);
      const std::size_t dot = module.rfind('.');
      return {
          fmt::format("from {} import {}", module, name),
          fmt::format("from .{} import {}", module.substr(dot == module.npos ? 0 : dot + 1), name),
          fmt::format("from {} import {}", module.substr(dot == module.npos ? 0 : dot + 1), name)};
    }
    if (language == "rust") {
      std::string module = without.substr(without.starts_with("src/") ? 4 : 0);
      for (std::size_t at; (at = module.find('/')) != module.npos;) module.replace(at, 1, "::");
      if (module == "lib" || module == "main") return {fmt::format("use crate::{};", name)};
      return {fmt::format("use crate::{}::{};", module, name)};
    }
    if (language == "java") {
      const std::size_t root = without.rfind("java/");
      std::string type = without.substr(root == without.npos ? 0 : root + 5);
      std::ranges::replace(type, '/', '.');
      return {fmt::format("import {};", type)};
    }
    if (language == "go") return {};
    const std::string module = relative_to(without, place_.path);
    return {fmt::format("import {{ {} }} from '{}';", name, module),
            fmt::format("import {} from '{}';", name, module)};
  }

  static bool is_header(const std::string& path) {
    const std::string extension = fs::path(path).extension().string();
    return extension.starts_with(".h") || extension == ".cuh" || extension == ".inl";
  }

  std::string_view line_text(int line) const {
    const std::size_t start = place_.lines.start(line);
    return place_.text.substr(start, place_.lines.end(line) - start);
  }

  // Where new lines go: behind the last of their kind at the left margin; else at the top, below
  // what a file begins with.
  void find_spot() {
    int top = 0;
    bool in_block = false;  // Go's "import ( ... )"
    for (int line = 1; line <= place_.lines.count(); ++line) {
      const std::string_view text = line_text(line);
      if (is_import(text)) behind_ = line;
      in_block |= text.starts_with("import (");
      if (in_block && text.starts_with(")")) {
        in_block = false;
        in_go_block_ = true;
        behind_ = line - 1;
      }
      if (top == line - 1 && begins_a_file(text)) top = line;
    }
    if (behind_ == 0) behind_ = top;
  }
  bool is_import(std::string_view text) const {
    return std::ranges::any_of(form_->heads, [&](std::string_view head) {
      return text.starts_with(head) && (head != "const " || text.find("require(") != text.npos);
    });
  }
  bool begins_a_file(std::string_view text) const {
    for (const std::string_view head :
         {"#!", "//", "/*", " *", "package ", "#pragma once", "\"\"\"", "'use strict'"})
      if (text.starts_with(head)) return true;
    return form_->language == "python" && text.starts_with("#");
  }

  void add(std::string line, double chance, std::string why) {
    for (int n = 1; n <= place_.lines.count(); ++n)
      if (line_text(n) == line) return;
    why += ": " + line;
    if (form_->language == "go") line = (in_go_block_ ? "\t" : "import ") + line;
    const std::size_t at = behind_ == 0 ? 0 : place_.lines.start(behind_ + 1);
    const bool unfinished = at > 0 && place_.text[at - 1] != '\n';
    candidates_.push_back(
        {place_.path, {{at, at, (unfinished ? "\n" : "") + line + "\n"}}, std::move(why), chance});
  }

  const RepairPlace& place_;
  std::vector<Candidate>& candidates_;
  const ImportForm* form_ = nullptr;
  int behind_ = 0;  // the line that new ones follow; 0: none
  bool in_go_block_ = false;
};

}  // namespace

void propose_imports(const RepairPlace& place, std::vector<Candidate>& candidates) {
  ImportEngine(place, candidates).run();
}

}  // namespace curlew::assist
