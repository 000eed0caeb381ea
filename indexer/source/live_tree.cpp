#include "indexer/source/live_tree.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "indexer/source/grammar_tables.h"
#include "indexer/source/macros.h"
#include "indexer/source/thread_clock.h"

namespace curlew::indexer {
namespace {

// Larger texts are judged by a window of lines around the place.
constexpr std::size_t kLiveBytesMax = 32u << 10;
constexpr std::chrono::milliseconds kQuestionTimeMax{100};  // of this thread

TSPoint point_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the first line's 0
  return {static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')),
          static_cast<std::uint32_t>(offset - line_start)};
}

std::string parsers_view(const Language& language, std::string text) {
  std::optional<std::string> masked = without_macros(language, text);
  return masked ? std::move(*masked) : std::move(text);
}

// What two texts do not share at their ends: the bytes [start, old_end) of `before` became
// [start, new_end) of `after`.
TSInputEdit difference(std::string_view before, std::string_view after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t start = 0, tail = 0;
  while (start < shorter && before[start] == after[start]) ++start;
  while (tail < shorter - start &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  const std::size_t old_end = before.size() - tail, new_end = after.size() - tail;
  TSInputEdit edit{};
  edit.start_byte = static_cast<std::uint32_t>(start);
  edit.old_end_byte = static_cast<std::uint32_t>(old_end);
  edit.new_end_byte = static_cast<std::uint32_t>(new_end);
  edit.start_point = point_at(before, start);
  edit.old_end_point = point_at(before, old_end);
  edit.new_end_point = point_at(after, new_end);
  return edit;
}

// Whole lines, at most kLiveBytesMax, with `offset` in the middle; moves offset along.
std::string_view window_around(std::string_view text, std::size_t& offset) {
  if (text.size() <= kLiveBytesMax) return text;
  std::size_t start = offset - std::min(offset, kLiveBytesMax / 2);
  std::size_t end = std::min(text.size(), start + kLiveBytesMax);
  if (const std::size_t line = text.find('\n', start); start > 0 && line < offset) start = line + 1;
  if (const std::size_t line = text.rfind('\n', end); line != text.npos && line > offset)
    end = line;
  offset -= start;
  return text.substr(start, end - start);
}

}  // namespace

TreeHandle parse_text(TSParser* parser, const Language& language, const TSTree* old_tree,
                      std::string_view text, const std::function<bool()>& expired) {
  struct Source {
    std::string_view text;
    const std::function<bool()>& expired;
  } source{text, expired};
  ts_parser_set_language(parser, with_plain_tables(language.grammar()));
  TSInput input{};
  input.payload = &source;
  input.encoding = TSInputEncodingUTF8;
  input.read = [](void* payload, std::uint32_t byte, TSPoint, std::uint32_t* length) {
    const std::string_view whole = static_cast<Source*>(payload)->text;
    const std::string_view rest = whole.substr(std::min<std::size_t>(byte, whole.size()));
    *length = static_cast<std::uint32_t>(rest.size());
    return rest.empty() ? "" : rest.data();
  };
  TSParseOptions options{};
  options.payload = &source;
  options.progress_callback = [](TSParseState* state) {
    return static_cast<Source*>(state->payload)->expired();
  };
  TreeHandle tree(ts_parser_parse_with_options(parser, old_tree, input, options));
  if (!tree) ts_parser_reset(parser);
  return tree;
}

int error_count(TSNode root) {
  if (!ts_node_has_error(root)) return 0;
  int count = 0;
  TreeWalk walk(root);
  for (bool more = true; more;) {
    const TSNode node = walk.node();
    if (ts_node_is_error(node) || ts_node_is_missing(node)) ++count;
    more =
        walk.advance(ts_node_has_error(node) ? TreeWalk::Into::kChildren : TreeWalk::Into::kNext);
  }
  return count;
}

bool LiveTree::follow(TSParser* parser, const Language& language, std::string text,
                      const std::function<bool()>& expired) {
  if (tree_ && language_ == &language && text_ == text) return true;
  if (language_ != &language) tree_.reset();
  language_ = &language;
  if (tree_) {
    const TSInputEdit edit = difference(text_, text);
    ts_tree_edit(tree_.get(), &edit);
  }
  tree_ = parse_text(parser, language, tree_.get(), text, expired);
  text_ = std::move(text);
  if (tree_) errors_ = error_count(ts_tree_root_node(tree_.get()));
  return tree_ != nullptr;
}

bool LiveTree::breaks(TSParser* parser, const Language& language, std::string_view text,
                      std::size_t offset, std::string_view insertion) {
  offset = std::min(offset, text.size());
  text = window_around(text, offset);
  ThreadTimeLimit limit(kQuestionTimeMax);
  const std::function<bool()> expired = [&] { return limit(); };
  if (!follow(parser, language, parsers_view(language, std::string(text)), expired)) return false;
  std::string after;
  after.reserve(text.size() + insertion.size());
  after.append(text.substr(0, offset)).append(insertion).append(text.substr(offset));
  after = parsers_view(language, std::move(after));
  const TreeHandle edited(ts_tree_copy(tree_.get()));
  const TSInputEdit edit = difference(text_, after);
  ts_tree_edit(edited.get(), &edit);
  const TreeHandle tree = parse_text(parser, language, edited.get(), after, expired);
  return tree && error_count(ts_tree_root_node(tree.get())) > errors_;
}

}  // namespace curlew::indexer
