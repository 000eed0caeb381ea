#include "model/constrain/edit_rules.h"

#include <algorithm>
#include <string>

#include "model/constrain/code_points.h"
#include "model/constrain/edits.h"

namespace curlew::model {
namespace {

// What a line may hold: any text but line ends and NUL.
ExprId line_content(ExpressionPool& pool) {
  const CodePointSet left_out({{0, 0}, {'\n', '\n'}, {'\r', '\r'}});
  const ExprId any = pool.repeat(utf8_of(pool, ~left_out), 0, ExpressionPool::kMany);
  ExprId markers = pool.none();
  for (const std::string_view marker : {kSearchMarker, kDividerMarker, kReplaceMarker}) {
    markers = pool.either(markers, pool.literal(marker));
  }
  return pool.except(any, markers);
}

using ByteClasses = std::array<std::uint8_t, 256>;

ByteSet bytes_of(std::string_view text) {
  ByteSet set;
  for (const char byte : text) set.add(static_cast<std::uint8_t>(byte));
  return set;
}

// Classes of the table, less the bytes of `apart`, which get a class each.
ByteClasses classes_apart(const RuleTable& table, const ByteSet& apart) {
  ByteClasses classes{};
  std::array<int, 256> number;  // by class of the table
  number.fill(-1);
  int count = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const bool alone = apart.has(static_cast<std::uint8_t>(byte));
    int& known = number[table.byte_classes()[byte]];
    if (!alone && known < 0) known = count++;
    classes[byte] = static_cast<std::uint8_t>(alone ? count++ : known);
  }
  return classes;
}

// A node of the table, or a mode with up to three numbers of 20 bits.
struct Packed {
  std::uint64_t mode = 0;
  std::uint32_t a = 0, b = 0, c = 0;

  NodeId pack() const {
    return mode << 60 | std::uint64_t{a} << 40 | std::uint64_t{b} << 20 | std::uint64_t{c};
  }
  static Packed of(NodeId node) {
    constexpr std::uint64_t kMask = (1u << 20) - 1;
    return {node >> 60, static_cast<std::uint32_t>(node >> 40 & kMask),
            static_cast<std::uint32_t>(node >> 20 & kMask),
            static_cast<std::uint32_t>(node & kMask)};
  }
};
static_assert(2 * kOriginalBytesMax <= 1 << 20, "offsets take 20 bits; every line may gain a byte");
static_assert(kWrittenLinesMax < 1 << 20, "line numbers take 20 bits");

class BlockRules : public Rules {
 public:
  BlockRules(std::string_view original, const RuleTable& written)
      : lines_(original),
        written_(written),
        classes_(classes_apart(written, bytes_of(lines_.text()) | bytes_of(kSearchMarker))) {}

  bool has_blocks() const { return lines_.last_findable() >= 0; }

  NodeId start() const override { return opening(0, 0); }

  NodeId step(NodeId node, std::uint8_t byte) const override {
    const Packed at = Packed::of(node);
    switch (at.mode) {
      case kOpening:
        return step_opening(at.a, at.b, byte);
      case kClosed:
        return byte == '\n' ? opening(at.a, 0) : kNoNode;
      case kSearch:
        return step_search(at.a, at.b, at.c, byte);
      case kPlace:
        return step_place(at.a, byte);
      default:
        return written_.step(node, byte);
    }
  }

  void calls(NodeId node, std::vector<RuleCall>& out) const override {
    const Packed at = Packed::of(node);
    if (at.mode != kPlace) return;
    const std::uint32_t line = lines_.line_at(at.a);
    if (lines_.begin_of(line) != at.a) return;
    out.push_back({written_.start(), Packed{kClosed, line}.pack()});
  }

  bool accepting(NodeId node) const override {
    const Packed at = Packed::of(node);
    if (at.mode == kWritten) return written_.accepting(node);
    return at.mode == kClosed || (at.mode == kOpening && at.a > 0 && at.b == 0);
  }

  bool reads(NodeId node) const override {
    return Packed::of(node).mode != kWritten || written_.reads(node);
  }

  // A block that is begun has to be closed by a written part, which is one frame deep.
  int height(NodeId node) const override {
    const Packed at = Packed::of(node);
    return at.mode == kWritten || accepting(node) ? 0 : 1;
  }

  AlikeNode alike(NodeId node) const override {
    return Packed::of(node).mode == kWritten ? written_.alike(node) : AlikeNode{this, node};
  }

  const ByteClasses& byte_classes() const override { return classes_; }

 private:
  enum Mode : std::uint64_t {
    kWritten,  // a node of the table: the divider, the written lines, the last marker
    kOpening,  // a = first line that may be searched, b = bytes of the first marker read
    kClosed,   // a = first line below the block
    kSearch,   // a = first rank, b = bytes read, c = first line that may be searched
    kPlace,    // a = where in the text: the only place it can be
  };

  static NodeId opening(std::uint32_t line, std::uint32_t read) {
    return Packed{kOpening, line, read}.pack();
  }

  NodeId step_opening(std::uint32_t line, std::uint32_t read, std::uint8_t byte) const {
    if (line > lines_.last_findable()) return kNoNode;
    const bool ends = read == kSearchMarker.size();
    if (byte != (ends ? '\n' : static_cast<std::uint8_t>(kSearchMarker[read]))) return kNoNode;
    return ends ? Packed{kSearch, 0, 0, line}.pack() : opening(line, read + 1);
  }

  NodeId step_search(std::uint32_t rank, std::uint32_t depth, std::uint32_t line,
                     std::uint8_t byte) const {
    const LineSuffixes::Ranks ranks = lines_.narrow(lines_.sharing(rank, depth), depth, byte);
    bool alive = false;
    for (std::uint32_t r = ranks.first; r < ranks.last && !alive; ++r) {
      alive = may_be_meant(lines_.sorted(r), depth + 1, line);
    }
    if (!alive) return kNoNode;
    if (ranks.last - ranks.first > 1) return Packed{kSearch, ranks.first, depth + 1, line}.pack();
    return Packed{kPlace, lines_.begin_of(lines_.sorted(ranks.first)) + depth + 1}.pack();
  }

  // A run from this line, `read` bytes into it, can still be closed.
  bool may_be_meant(std::uint32_t from, std::uint32_t read, std::uint32_t line_min) const {
    if (from < line_min || !lines_.is_findable(from)) return false;
    const std::uint32_t last_read = lines_.begin_of(from) + read - 1;
    return lines_.line_at(last_read) < lines_.barrier(from);
  }

  NodeId step_place(std::uint32_t offset, std::uint8_t byte) const {
    const std::string& text = lines_.text();
    if (offset == text.size() || static_cast<std::uint8_t>(text[offset]) != byte) return kNoNode;
    if (lines_.is_marker(lines_.line_at(offset))) return kNoNode;
    return Packed{kPlace, offset + 1}.pack();
  }

  const LineSuffixes lines_;
  const RuleTable& written_;
  const ByteClasses classes_;
};

class LineRules : public Rules {
 public:
  LineRules(int lines_max, const RuleTable& content)
      : lines_max_(static_cast<std::uint32_t>(lines_max)),
        content_(content),
        classes_(classes_apart(content, ByteSet::of('\n'))) {}

  NodeId start() const override { return within(0, content_.start()); }

  NodeId step(NodeId node, std::uint8_t byte) const override {
    const auto [lines, content] = split(node);
    if (lines == lines_max_) return kNoNode;
    if (byte == '\n') {
      return content_.accepting(content) ? within(lines + 1, content_.start()) : kNoNode;
    }
    const NodeId next = content_.step(content, byte);
    return next == kNoNode ? kNoNode : within(lines, next);
  }

  void calls(NodeId, std::vector<RuleCall>&) const override {}
  bool accepting(NodeId node) const override {
    return node != start() && content_.accepting(split(node).content);
  }
  bool reads(NodeId node) const override { return split(node).lines < lines_max_; }
  int height(NodeId) const override { return 0; }

  // Only the lines that are left matter, and only up to what a token may hold.
  AlikeNode alike(NodeId node) const override {
    static const LineRules shared(kAlikeBytes + 1, content_);
    const auto [lines, content] = split(node);
    const std::uint32_t left = std::min(lines_max_ - lines, shared.lines_max_);
    return {&shared, within(shared.lines_max_ - left, content_.alike(content).node)};
  }

  const ByteClasses& byte_classes() const override { return classes_; }

 private:
  struct Place {
    std::uint32_t lines;  // ended so far
    NodeId content;       // a node of the table
  };
  static NodeId within(std::uint32_t lines, NodeId content) {
    return NodeId{lines} << 32 | content;
  }
  static Place split(NodeId node) {
    return {static_cast<std::uint32_t>(node >> 32), node & 0xffffffffu};
  }

  const std::uint32_t lines_max_;
  const RuleTable& content_;
  const ByteClasses classes_;
};

using Table = Expected<std::unique_ptr<const RuleTable>>;

Table compile(ExpressionPool& pool, ExprId body) {
  const RuleSource rule{body, "edits"};
  return RuleTable::compile(pool, {&rule, 1}, 0);
}

// The content of one line. The same for all texts, so it is made once; likewise below.
const Table& line_table() {
  static const Table table = [] {
    ExpressionPool pool;
    return compile(pool, line_content(pool));
  }();
  return table;
}

// What follows the searched lines of a block.
const Table& written_table() {
  static const Table table = [] {
    ExpressionPool pool;
    const ExprId line = pool.sequence(line_content(pool), pool.literal("\n"));
    return compile(pool, pool.sequence({pool.literal(kDividerMarker), pool.literal("\n"),
                                        pool.repeat(line, 0, ExpressionPool::kMany),
                                        pool.literal(kReplaceMarker)}));
  }();
  return table;
}

}  // namespace

Expected<std::unique_ptr<const Rules>> block_rules(std::string_view original) {
  if (original.size() > kOriginalBytesMax) {
    return fail(Errc::kInvalidInput, "edits: the original has {} bytes, at most {} are read",
                original.size(), kOriginalBytesMax);
  }
  if (!written_table()) return Error(written_table().error()).pass();
  auto rules = std::make_unique<const BlockRules>(original, **written_table());
  if (!rules->has_blocks()) {
    return fail(Errc::kInvalidInput, "edits: the original has no lines to search for");
  }
  return rules;
}

Expected<std::unique_ptr<const Rules>> line_rules(int lines_max) {
  if (lines_max < 1 || lines_max > kWrittenLinesMax) {
    return fail(Errc::kInvalidInput, "edits: {} lines, expected 1 to {}", lines_max,
                kWrittenLinesMax);
  }
  if (!line_table()) return Error(line_table().error()).pass();
  return std::make_unique<const LineRules>(lines_max, **line_table());
}

}  // namespace curlew::model
