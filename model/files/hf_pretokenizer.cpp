#include "model/files/hf_pretokenizer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace curlew::model {
namespace {

using nlohmann::json;

constexpr std::size_t kStepsMax = 16;
constexpr std::size_t kExpressionBytesMax = 8192;

// What a ByteLevel step splits at unless told not to.
#define GPT2 R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define BLANKS R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
#define QWEN2(digits) CONTRACTIONS "|" WORD "|" digits R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|)" BLANKS
#define UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define CASED(end) \
  R"([^\r\n\p{L}\p{N}]?)" UPPER "*" LOWER "+" end R"(|[^\r\n\p{L}\p{N}]?)" UPPER "+" LOWER "*" end
#define CASED_TAIL R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" BLANKS

struct Known {
  std::string_view name;
  std::array<std::string_view, 6> expressions;  // the first of these decide; "" ends the list
};

// As the families' tokenizer.json files write them. The patterns that are run are
// model/text/pretokenizer.cpp's, which mean the same.
constexpr Known kKnown[] = {
    {"gpt-2", {GPT2}},
    {"starcoder", {R"(\p{N})", GPT2}},
    {"qwen2", {QWEN2(R"(\p{N})")}},
    {"llama-bpe", {QWEN2(R"(\p{N}{1,3})")}},
    {"seed-coder",
     {CONTRACTIONS "|" WORD R"(|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)"}},
    {"qwen35",
     {CONTRACTIONS
      R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" BLANKS}},
    {"tekken", {CASED("") R"(|\p{N})" CASED_TAIL}},
    {"gpt-4o", {CASED(CONTRACTIONS "?") R"(|\p{N}{1,3})" CASED_TAIL}},
    {"deepseek-coder",
     {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", "[一-龥ࠀ-一가-퟿]+", R"(\p{N})"}},
    {"deepseek-v3",
     {R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+",
      R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|)"
      R"( ?[\p{P}\p{S}]+[\r\n]*|)" BLANKS}},
};

// The letters of deepseek-llm are a long list of ranges; files differ in its end and in how digits
// are cut. So it gets its name, and its own expressions all the same.
constexpr std::string_view kDeepseekLlmLetters = R"(\s?[A-Za-zµÀ-Ö)";

class SplitReader {
 public:
  explicit SplitReader(std::string file) : file_(std::move(file)) {}
  Status read(const json& step, int depth);
  HfSplits named() &&;

 private:
  Status read_split(const JsonObject& step);
  Status read_byte_level(const JsonObject& step);
  Status push(std::string expression);

  std::string file_;
  std::vector<std::string> expressions_;
};

// A line end written as itself, and as an escape, are one pattern.
std::string with_escapes(std::string_view expression) {
  std::string out;
  for (const char c : expression) {
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

Status SplitReader::push(std::string expression) {
  if (expressions_.size() == kStepsMax || expression.empty() ||
      expression.size() > kExpressionBytesMax)
    return fail(Errc::kUnsupported, "{}: pre_tokenizer: at most {} patterns of 1 to {} bytes",
                file_, kStepsMax, kExpressionBytesMax);
  expressions_.push_back(with_escapes(expression));
  return {};
}

// A literal string as an expression.
std::string as_expression(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

Status SplitReader::read_split(const JsonObject& step) {
  const JsonObject pattern = step.object("pattern");
  const bool literal = pattern.has("String");
  Expected<std::string> text = pattern.string(literal ? "String" : "Regex", "");
  if (!text) return std::move(text.error()).pass();
  const Expected<std::string> behavior = step.string("behavior", "");
  const Expected<bool> invert = step.boolean("invert", false);
  if (!behavior) return Error(behavior.error()).pass();
  if (!invert) return Error(invert.error()).pass();
  // "Removed" and inverted: what no pattern matches is removed; these patterns match everything.
  if (!(*behavior == "Isolated" && !*invert) && !(*behavior == "Removed" && *invert))
    return fail(Errc::kUnsupported,
                "{}: pre_tokenizer: a split with behavior \"{}\"{}; known is \"Isolated\"", file_,
                *behavior, *invert ? ", inverted" : "");
  return push(literal ? as_expression(*text) : std::move(*text));
}

Status SplitReader::read_byte_level(const JsonObject& step) {
  const Expected<bool> adds_space = step.boolean("add_prefix_space", true);
  const Expected<bool> splits = step.boolean("use_regex", true);
  if (!adds_space) return Error(adds_space.error()).pass();
  if (!splits) return Error(splits.error()).pass();
  if (*adds_space)
    return fail(Errc::kUnsupported, "{}: pre_tokenizer: add_prefix_space is not run", file_);
  return *splits ? push(GPT2) : Status{};
}

Status SplitReader::read(const json& value, int depth) {
  const JsonObject step(value, file_);
  Expected<std::string> type = step.string("type", "");
  if (!type) return std::move(type.error()).pass();
  if (*type == "Sequence" && depth == 0) {
    const json* steps = step.find("pretokenizers");
    if (steps == nullptr || !steps->is_array())
      return fail(Errc::kCorrupt, "{}: pre_tokenizer: pretokenizers (a list) is missing", file_);
    for (const json& part : *steps)
      if (Status s = read(part, depth + 1); !s) return s;
    return {};
  }
  if (*type == "Split") return read_split(step);
  if (*type == "ByteLevel") return read_byte_level(step);
  if (*type == "Digits") {
    const Expected<bool> single = step.boolean("individual_digits", false);
    if (!single) return Error(single.error()).pass();
    return push(*single ? R"(\p{N})" : R"(\p{N}+)");
  }
  return fail(Errc::kUnsupported,
              "{}: pre_tokenizer of type \"{}\"; known are Sequence, Split, Digits, ByteLevel",
              file_, *type);
}

HfSplits SplitReader::named() && {
  for (const Known& known : kKnown) {
    const auto end = std::find(known.expressions.begin(), known.expressions.end(), "");
    if (std::equal(known.expressions.begin(), end, expressions_.begin(), expressions_.end()))
      return {std::string(known.name), {}};
  }
  const bool deepseek = expressions_.size() > 1 && expressions_[1].starts_with(kDeepseekLlmLetters);
  return {deepseek ? "deepseek-llm" : "", std::move(expressions_)};
}

}  // namespace

Expected<HfSplits> read_splits(const JsonObject& tokenizer) {
  const json* step = tokenizer.find("pre_tokenizer");
  if (step == nullptr)
    return fail(Errc::kUnsupported, "{}: byte-level BPE without a pre_tokenizer", tokenizer.file());
  SplitReader reader(tokenizer.file());
  if (Status s = reader.read(*step, 0); !s) return std::move(s.error()).pass();
  HfSplits splits = std::move(reader).named();
  if (splits.name.empty() && splits.expressions.empty())
    return fail(Errc::kUnsupported, "{}: a pre_tokenizer that splits nowhere", tokenizer.file());
  return splits;
}

}  // namespace curlew::model
