#include "indexer/source/nesting.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace curlew::indexer {
namespace {

using What = FoundSymbol::What;

// Hostile nesting must not make quadratic work: a longer container is not written, functions
// further out are not asked for their local names.
constexpr std::size_t kContainerBytesMax = 400;
constexpr std::size_t kFunctionsLookedAtMax = 16;

bool is_function_kind(SymbolKind kind) {
  return kind == SymbolKind::kFunction || kind == SymbolKind::kMethod ||
         kind == SymbolKind::kConstructor;
}

bool is_class_kind(SymbolKind kind) {
  return kind == SymbolKind::kClass || kind == SymbolKind::kStruct ||
         kind == SymbolKind::kInterface || kind == SymbolKind::kEnum;
}

// What can be the container of what it encloses. A variable cannot: in C `struct A {...} a;` the
// declaration of `a` encloses the struct.
bool is_scope_kind(SymbolKind kind) {
  return is_function_kind(kind) || is_class_kind(kind) || kind == SymbolKind::kModule ||
         kind == SymbolKind::kSection;
}

std::string_view last_part(std::string_view path, std::string_view separator) {
  const std::size_t at = path.rfind(separator);
  return at == std::string_view::npos ? path : path.substr(at + separator.size());
}

// "Title ##" -> "Title".
std::string_view without_closing_marks(std::string_view heading) {
  const std::size_t last = heading.find_last_not_of("# \t");
  const std::string_view text = heading.substr(0, last == std::string_view::npos ? 0 : last + 1);
  const bool closed = text.size() < heading.size() && heading[text.size()] != '#';
  return closed ? text : heading;
}

// Walks the found symbols in source order with a stack of what is open around the place.
class Nester {
 public:
  Nester(const NestingSource& source, std::vector<LineSpan> docs)
      : source_(source),
        language_(source.language),
        text_(source.lines.text()),
        places_(source.lines),
        docs_(std::move(docs)) {
    std::sort(docs_.begin(), docs_.end(),
              [](const LineSpan& a, const LineSpan& b) { return a.last < b.last; });
  }

  Nesting run(std::vector<FoundSymbol> found) {
    for (const FoundSymbol& f : found) {
      if (f.what == What::kSymbol && f.kind == SymbolKind::kModule) modules_.insert(f.name);
    }
    for (FoundSymbol& f : found) {
      while (!open_.empty() && open_.back().span.end <= f.span.start) open_.pop_back();
      enter(f);
    }
    out_.locals.sort();
    std::sort(out_.name_starts.begin(), out_.name_starts.end());
    return std::move(out_);
  }

 private:
  enum class Space : std::uint8_t { kOther, kFunction, kClass };
  static constexpr std::size_t kNone = ~std::size_t{0};
  struct Open {
    What what;
    Space space;
    ByteSpan span;
    std::string path;                 // the container of what is inside
    std::size_t locals = 0;           // its place among the local names
    std::size_t last_symbol = kNone;  // directly inside
  };

  void enter(FoundSymbol& f) {
    switch (f.what) {
      case What::kSymbol:
        enter_symbol(f);
        break;
      case What::kLocal:
        add_local(f);
        break;
      case What::kWrapper:
        push(f, Space::kOther, std::string(path()));
        break;
      case What::kScope:
        if (f.name.empty()) {
          push(f, Space::kFunction, std::string(path()));
        } else {
          push(f, Space::kClass, joined(path(), f.name));
        }
        break;
      case What::kNothing:
        break;
    }
  }

  void enter_symbol(FoundSymbol& f) {
    settle_kind(f);
    if (is_local(f)) return add_to_function(f);
    if (repeats_outer(f)) {
      out_.name_starts.push_back(f.name_span.start);
      return;
    }
    if (continues_last(f)) return extend_last(f);
    if (f.kind == SymbolKind::kSection) f.name = without_closing_marks(f.name);
    if (f.name.empty()) return;  // a heading of marks alone
    extend_over_wrappers(f);
    Symbol symbol;
    symbol.name = std::string(f.name);
    symbol.kind = f.kind;
    symbol.range = places_.range_of(f.span);
    symbol.name_range = places_.range_of(f.name_span);
    symbol.is_definition = f.is_definition;
    symbol.is_test = f.is_test;
    symbol.signature = signature_of(source_, f);
    symbol.container = f.container.empty() ? std::string(path()) : joined(path(), f.container);
    out_.first_lines.push_back(first_line_of(symbol.range));
    out_.name_starts.push_back(f.name_span.start);
    last_symbol() = out_.symbols.size();
    if (is_scope_kind(f.kind)) {
      const Space space = is_function_kind(f.kind) ? Space::kFunction
                          : is_class_kind(f.kind)  ? Space::kClass
                                                   : Space::kOther;
      push(f, space, joined(symbol.container, f.name));
    }
    out_.symbols.push_back(std::move(symbol));
  }

  void settle_kind(FoundSymbol& f) const {
    if (f.declares_function &&
        (f.kind == SymbolKind::kVariable || f.kind == SymbolKind::kConstant)) {
      f.kind = SymbolKind::kFunction;
      f.is_definition = false;
    } else if (f.declares_function && f.kind == SymbolKind::kField) {
      f.kind = SymbolKind::kMethod;
      f.is_definition = false;
    }
    const std::string_view qualifier = last_part(f.container, language_.separator);
    if (f.kind == SymbolKind::kFunction) {
      const bool in_class =
          qualifier.empty() ? space() == Space::kClass : modules_.find(qualifier) == modules_.end();
      if (in_class) f.kind = SymbolKind::kMethod;
    }
    if (f.kind == SymbolKind::kMethod && f.by_declarator) {
      const std::string_view owner =
          qualifier.empty() ? last_part(path(), language_.separator) : qualifier;
      if (owner == f.name) f.kind = SymbolKind::kConstructor;
    }
  }

  // The second name in `app.use = function use() {...}`.
  bool repeats_outer(const FoundSymbol& f) const {
    return is_function_kind(f.kind) && !open_.empty() && open_.back().what == What::kSymbol &&
           open_.back().span.end == f.span.end && out_.symbols.back().name == f.name;
  }

  // One more equation of the function that was entered last at this depth.
  bool continues_last(const FoundSymbol& f) {
    return f.is_clause && last_symbol() != kNone && out_.symbols[last_symbol()].name == f.name;
  }

  void extend_last(const FoundSymbol& f) {
    Symbol& symbol = out_.symbols[last_symbol()];
    const Range range = places_.range_of(f.span);
    symbol.range.end_byte = range.end_byte;
    symbol.range.end_line = range.end_line;
    symbol.range.end_col = range.end_col;
    symbol.is_definition |= f.is_definition;
    symbol.is_test |= f.is_test;
    out_.name_starts.push_back(f.name_span.start);
    push(f, Space::kFunction, joined(symbol.container, f.name));
  }

  std::size_t& last_symbol() { return open_.empty() ? last_at_top_ : open_.back().last_symbol; }

  // Variables and prototypes inside of a function are its own business.
  bool is_local(const FoundSymbol& f) const {
    if (space() != Space::kFunction) return false;
    return f.kind == SymbolKind::kVariable || f.kind == SymbolKind::kConstant ||
           f.kind == SymbolKind::kField || f.kind == SymbolKind::kProperty || !f.is_definition;
  }

  void add_local(const FoundSymbol& f) {
    out_.name_starts.push_back(f.name_span.start);
    if (!open_.empty()) out_.locals.add(open_.back().locals, f.name);
  }

  void add_to_function(const FoundSymbol& f) {
    out_.name_starts.push_back(f.name_span.start);
    for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
      if (it->space == Space::kFunction) return out_.locals.add(it->locals, f.name);
    }
  }

  // A definition that ends where its decorators' or template's node ends begins where that begins.
  void extend_over_wrappers(FoundSymbol& f) {
    for (auto it = open_.rbegin(); it != open_.rend() && it->what == What::kWrapper; ++it) {
      const std::uint32_t end = std::min(it->span.end, f.span.end);
      const std::string_view rest = text_at({end, it->span.end}, text_);
      if (rest.find_first_not_of("; \t\r\n") != std::string_view::npos) return;
      f.span.start = it->span.start;
    }
  }

  std::uint32_t first_line_of(const Range& range) const {
    std::uint32_t line = range.start_line;
    if (!starts_its_line(range.start_byte, text_)) return line;
    const auto ends_before = [](const LineSpan& span, std::uint32_t l) { return span.last < l; };
    auto doc = std::lower_bound(docs_.begin(), docs_.end(), line, ends_before);
    while (doc != docs_.begin() && (--doc)->last + 1 == line) line = doc->first;
    return line;
  }

  void push(const FoundSymbol& f, Space space, std::string inside) {
    Open open{f.what, space, f.span, std::move(inside)};
    open.locals = out_.locals.enter(f.span.start, f.span.end);
    open_.push_back(std::move(open));
  }

  std::string_view path() const {
    return open_.empty() ? std::string_view() : std::string_view(open_.back().path);
  }

  std::string joined(std::string_view container, std::string_view name) const {
    std::string out(container);
    if (out.size() + name.size() > kContainerBytesMax) return out;
    if (!out.empty()) out += language_.separator;
    out += name;
    return out;
  }

  // The nearest function or class around the place.
  Space space() const {
    for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
      if (it->space != Space::kOther) return it->space;
    }
    return Space::kOther;
  }

  const NestingSource& source_;
  const Language& language_;
  std::string_view text_;
  LineFinder places_;
  std::vector<LineSpan> docs_;  // by last line
  std::unordered_set<std::string_view> modules_;
  std::vector<Open> open_;
  std::size_t last_at_top_ = kNone;
  Nesting out_;
};

}  // namespace

Nesting nest(const NestingSource& source, std::vector<FoundSymbol> found,
             std::vector<LineSpan> docs) {
  std::sort(found.begin(), found.end(), [](const FoundSymbol& a, const FoundSymbol& b) {
    const auto key = [](const FoundSymbol& f) {
      return std::tuple(f.span.start, ~f.span.end, f.what, f.name_span.start);
    };
    return key(a) < key(b);
  });
  return Nester(source, std::move(docs)).run(std::move(found));
}

ByteSpan trimmed(ByteSpan span, std::string_view text) {
  std::uint32_t end = span.end;
  while (end > span.start &&
         std::string_view(" \t\r\n").find(text[end - 1]) != std::string_view::npos) {
    --end;
  }
  return end == span.start ? span : ByteSpan{span.start, end};
}

bool starts_its_line(std::uint32_t byte, std::string_view text) {
  for (std::uint32_t i = byte; i-- > 0;) {
    if (text[i] == '\n') return true;
    if (text[i] != ' ' && text[i] != '\t') return false;
  }
  return true;
}

std::size_t LocalNames::enter(std::uint32_t start_byte, std::uint32_t end_byte) {
  functions_.push_back({start_byte, end_byte, {}});
  return functions_.size() - 1;
}

void LocalNames::add(std::size_t function, std::string_view name) {
  functions_[function].names.push_back(name);
}

void LocalNames::sort() {
  for (Function& function : functions_) std::sort(function.names.begin(), function.names.end());
}

bool LocalNames::Walk::contains(std::uint32_t place, std::string_view name) {
  const std::vector<Function>& functions = names_.functions_;
  const auto leave = [&](std::uint32_t at) {
    while (!open_.empty() && functions[open_.back()].end_byte <= at) open_.pop_back();
  };
  for (; next_ < functions.size() && functions[next_].start_byte <= place; ++next_) {
    leave(functions[next_].start_byte);
    open_.push_back(next_);
  }
  leave(place);
  const std::size_t looked_at = std::min(open_.size(), kFunctionsLookedAtMax);
  return std::any_of(open_.rbegin(), open_.rbegin() + looked_at, [&](std::size_t f) {
    const std::vector<std::string_view>& names = functions[f].names;
    return std::binary_search(names.begin(), names.end(), name);
  });
}

}  // namespace curlew::indexer
