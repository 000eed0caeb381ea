#include "indexer/source/query_text.h"

#include <algorithm>
#include <utility>

namespace curlew::indexer {
namespace {

constexpr int kDepthMax = 64;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '?';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Expected<std::vector<QueryPattern>> run() {
    std::vector<QueryPattern> patterns;
    for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
      QueryPattern pattern;
      pattern_ = &pattern;
      if (Status s = read_node(pattern.root, 0); !s) return std::move(s.error()).pass();
      patterns.push_back(std::move(pattern));
    }
    return patterns;
  }

 private:
  auto wrong(std::string_view expected) const {
    const std::string_view rest = text_.substr(std::min(at_, text_.size()));
    return fail(Errc::kInvalidInput, "offset {}: expected {} at \"{}\"", at_, expected,
                rest.substr(0, rest.find('\n')));
  }

  // With its captures.
  Status read_node(QueryNode& out, int depth) {
    if (depth > kDepthMax) return wrong("less nesting");
    skip_blanks();
    out.offset = at_;
    Status s = peek() == '(' ? read_parenthesised(out, depth) : read_plain(out, depth);
    if (!s) return s;
    return read_captures(out);
  }

  Status read_plain(QueryNode& out, int depth) {
    if (peek() == '[') return read_alternation(out, depth);
    if (peek() == '"') {
      out.kind = QueryNode::Kind::kToken;
      return read_string(out.name);
    }
    if (peek() == '_' && !is_name_byte(peek(1))) {
      out.kind = QueryNode::Kind::kAny;
      ++at_;
      return {};
    }
    return wrong("a node");
  }

  Status read_captures(QueryNode& out) {
    for (skip_blanks(); peek() == '@'; skip_blanks()) {
      ++at_;
      out.captures.push_back(read_name());
      if (out.captures.back().empty()) return wrong("the name of a capture");
    }
    if (peek() == '*' || peek() == '+' || peek() == '?') return wrong("no quantifier");
    return {};
  }

  Status read_alternation(QueryNode& out, int depth) {
    out.kind = QueryNode::Kind::kAlternation;
    ++at_;
    for (skip_blanks(); peek() != ']'; skip_blanks()) {
      if (Status s = read_child(out, depth); !s) return s;
    }
    ++at_;
    if (out.children.empty()) return wrong("alternatives before");
    return {};
  }

  // "(kind ...)", or "((kind) (#predicate))".
  Status read_parenthesised(QueryNode& out, int depth) {
    ++at_;
    skip_blanks();
    if (peek() == '(' || peek() == '[' || peek() == '"') {
      if (Status s = read_node(out, depth + 1); !s) return s;
      for (skip_blanks(); is_predicate(); skip_blanks()) {
        if (Status s = read_predicate(); !s) return s;
      }
      return close();
    }
    out.name = read_name();
    if (out.name.empty()) return wrong("the kind of a node");
    if (out.name == "_") out.kind = QueryNode::Kind::kAnyNamed;
    if (out.name == "MISSING" || peek() == '/') return wrong("a plain node");
    return read_inside(out, depth);
  }

  Status read_inside(QueryNode& out, int depth) {
    bool anchored = false;
    for (skip_blanks(); peek() != ')'; skip_blanks()) {
      if (peek() == '.') {
        ++at_;
        anchored = true;
      } else if (peek() == '!') {
        ++at_;
        out.absent.push_back(read_name());
      } else if (is_predicate()) {
        if (Status s = read_predicate(); !s) return s;
      } else {
        if (Status s = read_child(out, depth); !s) return s;
        out.children.back().follows_at_once = std::exchange(anchored, false);
      }
    }
    if (anchored && !out.children.empty()) out.children.back().is_last = true;
    return close();
  }

  Status read_child(QueryNode& out, int depth) {
    std::string field;
    if (is_name_byte(peek()) && !(peek() == '_' && !is_name_byte(peek(1)))) {
      field = read_name();
      skip_blanks();
      if (peek() != ':') return wrong("':' behind the name of a field");
      ++at_;
    }
    QueryNode child;
    if (Status s = read_node(child, depth + 1); !s) return s;
    if (!field.empty()) child.field = std::move(field);
    out.children.push_back(std::move(child));
    return {};
  }

  bool is_predicate() const { return peek() == '(' && peek(1) == '#'; }

  Status read_predicate() {
    QueryPredicate out;
    out.offset = at_;
    at_ += 2;
    out.name = read_name();
    skip_blanks();
    if (peek() != '@') return wrong("the capture that a predicate asks about");
    ++at_;
    out.capture = read_name();
    for (skip_blanks(); peek() == '"'; skip_blanks()) {
      if (Status s = read_string(out.words.emplace_back()); !s) return s;
    }
    pattern_->predicates.push_back(std::move(out));
    return close();
  }

  Status read_string(std::string& out) {
    for (++at_; peek() != '"'; ++at_) {
      if (at_ >= text_.size()) return wrong("'\"'");
      const bool escaped = peek() == '\\' && at_ + 1 < text_.size();
      if (escaped) ++at_;
      const char c = text_[at_];
      out += !escaped ? c : c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
    ++at_;
    return {};
  }

  std::string read_name() {
    const std::size_t start = at_;
    while (is_name_byte(peek())) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  Status close() {
    skip_blanks();
    if (peek() != ')') return wrong("')'");
    ++at_;
    return {};
  }

  void skip_blanks() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ';') {
        at_ = std::min(text_.find('\n', at_), text_.size() - 1);
      } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
        return;
      }
    }
  }

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  QueryPattern* pattern_ = nullptr;
};

}  // namespace

Expected<std::vector<QueryPattern>> read_query(std::string_view text) {
  return Reader(text).run();
}

}  // namespace curlew::indexer
