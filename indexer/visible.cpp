#include "indexer/visible.h"

#include <algorithm>

#include "indexer/rank.h"
#include "indexer/source/parse.h"
#include "indexer/texts.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kHeadBytes = 8 << 10;  // holds the imports
constexpr std::size_t kTailBytes = 96 << 10;

// Whether the line is (part of) an import, by its first word.
bool begins_import(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t#");
  if (first == line.npos) return false;
  const std::string_view body = line.substr(first);
  for (std::string_view word : {"import ", "from ", "include", "using ", "use ", "require",
                                "pub use ", "package ", "mod ", "pub mod ", "namespace "}) {
    if (body.starts_with(word)) return true;
  }
  return body.find("require(") != body.npos;
}

bool looks_like_type(std::string_view word) {
  const bool capital = word[0] >= 'A' && word[0] <= 'Z';
  return capital || word.ends_with("_t");
}

// What stands between two words of a declaration.
enum class Between : std::uint8_t { kOther, kTypeThenName, kNameThenType };

Between between(std::string_view gap) {
  bool assigns = false;
  for (char c : gap) {
    if (c == ':' || c == '=') {
      assigns = true;
    } else if (c != ' ' && c != '*' && c != '&' && c != '>' && c != '[' && c != ']' && c != '?') {
      return Between::kOther;
    }
  }
  if (assigns) return Between::kNameThenType;
  return gap.empty() ? Between::kOther : Between::kTypeThenName;
}

// Reads word after word; remembers the last two, to see "Type name", "name: Type", "name = Type(".
class Reader {
 public:
  Reader(std::string_view text, VisibleText& seen) : text_(text), seen_(seen) {}

  void read(std::size_t first, std::size_t last) {
    bool in_import = false;
    while (first < last) {
      const std::size_t end = std::min(text_.find('\n', first), last);
      const std::string_view line = text_.substr(first, end - first);
      // A list of imported names goes on over lines until its bracket closes.
      if (begins_import(line)) {
        in_import = true;
      } else if (in_import && !open_) {
        in_import = false;
      }
      if (in_import) {
        for (char c : line) {
          if (c == '(' || c == '{') open_ = true;
          if (c == ')' || c == '}' || c == ';') open_ = false;
        }
      }
      read_line(line, first, in_import);
      first = end + 1;
    }
  }

 private:
  void read_line(std::string_view line, std::size_t start, bool in_import) {
    std::string_view previous;
    for_each_word(line, [&](Word word) {
      const std::uint32_t hash = name_hash(word.text);
      SeenWord& seen = seen_.words[hash];
      ++seen.count;
      seen.last_offset = static_cast<std::uint32_t>(start + word.offset);
      if (!in_import) seen.only_imported = false;
      if (word.text == "new" || word.text == "mut" || word.text == "await" || word.text == "const")
        return;
      if (!previous.empty()) {
        const char* gap = previous.data() + previous.size();
        note_type(previous, std::string_view(gap, word.text.data() - gap), word.text, hash);
      }
      previous = word.text;
    });
  }
  void note_type(std::string_view a, std::string_view gap, std::string_view b,
                 std::uint32_t b_hash) {
    std::string bare;  // "= new ", ": &mut " were words of their own
    if (gap.size() > 16) return;
    for (std::string_view word : {"new", "mut", "await", "const"}) {
      if (const std::size_t at = gap.find(word); at != gap.npos) {
        bare = gap;
        bare.erase(at, word.size());
        gap = bare;
      }
    }
    const Between what = between(gap);
    if (what == Between::kTypeThenName && !is_keyword(a) && !is_keyword(b) && a.size() > 1)
      seen_.type_of[b_hash] = name_hash(a);
    if (what == Between::kNameThenType && looks_like_type(b)) seen_.type_of[name_hash(a)] = b_hash;
  }

  const std::string_view text_;
  VisibleText& seen_;
  bool open_ = false;  // a bracket of an import statement
};

void raise(FlatMap<double>& map, std::uint32_t key, double value) {
  double& place = map[key];
  place = std::max(place, value);
}

}  // namespace

VisibleText read_visible(std::string_view text, std::size_t cursor, const CursorView& around) {
  VisibleText visible;
  visible.cursor = static_cast<std::uint32_t>(cursor);
  std::size_t end = cursor;  // the word being typed does not count
  while (end > 0 && is_word_byte(text[end - 1])) --end;
  Reader reader(text, visible);
  const std::size_t tail = end > kTailBytes ? line_start_at(text, end - kTailBytes) : 0;
  if (tail > 0) reader.read(0, std::min(kHeadBytes, tail));
  reader.read(tail, end);
  visible.type_of.for_each(
      [&](std::uint32_t, std::uint32_t type) { visible.declared[type] = true; });
  for (const NearName& name : around.names) {
    const std::uint32_t hash = name_hash(name.text);
    visible.near[hash] = name.nearness;
    raise(visible.types, hash, name.nearness);
    if (const std::uint32_t* type = visible.type_of.find(hash))
      raise(visible.types, *type, name.nearness);
    if (is_keyword(name.text)) continue;
    bool is_first = true;
    for (const std::string& piece : split_identifier(name.text)) {
      if (piece.size() < 2) continue;
      raise(visible.pieces, name_hash(piece), name.nearness);
      if (is_first) raise(visible.first_pieces, name_hash(piece), name.nearness);
      is_first = false;
    }
  }
  return visible;
}

}  // namespace curlew::indexer
