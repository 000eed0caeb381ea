// A constraint as a client may ask for one: a byte that says what kind, then its text (a regular
// expression, a JSON schema, the original of an edit, an answer that edits it). It is refused, or
// the language is walked for a few tokens; whatever was walked stays a beginning of a text.

#include "model/constrain/edits.h"
#include "model/constrain/grammar.h"
#include "tests/fuzz/json_damage.h"
#include "tests/model/constrain/small_vocabulary.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own

enum Kind : std::uint8_t { kRegex, kSchema, kPlainSchema, kBlocks, kWhole, kAnswer, kKinds };
constexpr int kStepsMax = 12;

Grammar::Made grammar_of(Kind kind, std::string_view text) {
  switch (kind) {
    case kRegex:
      return Grammar::from_regex(text);
    case kSchema:
      return Grammar::from_json_schema(text);
    case kPlainSchema:
      return Grammar::from_json_schema(text, JsonSpaces::kNone);
    case kBlocks:
      return Grammar::edit_of(text);
    default:
      return Grammar::edit_of(text, {.form = EditForm::kWhole});
  }
}

void walk(const std::shared_ptr<const Grammar>& grammar, std::uint64_t seed) {
  static const SmallVocabulary vocabulary(
      {"\": ", "{\"", "ab", "0.", "\n", "<<<<<<< SEARCH\n", "=="});
  const ConstraintCompiler compiler(vocabulary);
  const std::unique_ptr<Constraint> constraint = compiler.start(grammar);
  Dice dice(seed);
  for (int step = 0; step < kStepsMax; ++step) {
    const std::vector<TokenId> ids = ids_in(constraint->allowed(), vocabulary.size());
    promise(!ids.empty(), "something may always follow");
    const TokenId id = dice.one_of(ids);
    promise((id == vocabulary.end()) <= constraint->is_complete(), "the end is allowed at an end");
    if (id == vocabulary.end()) return;
    for (const TokenId forced : constraint->forced(4))
      promise(forced >= 0 && forced < vocabulary.size(), "forced tokens are the vocabulary's");
    constraint->accept(id);
  }
}

// The first line of the input is the original, `;` standing for its line feeds.
void read_answer(std::string_view text) {
  std::string original(text.substr(0, text.find('\n')));
  for (char& c : original) c = c == ';' ? '\n' : c;
  const std::string_view answer = text.substr(std::min(text.size(), original.size() + 1));
  const auto edits = read_edits(original, answer);
  if (edits) (void)apply_edits(original, *edits);
}

Bytes input_of(Kind kind, std::string_view text) {
  Bytes input = to_bytes(text);
  input.insert(input.begin(), kind);
  return input;
}

}  // namespace

std::vector<Bytes> good_inputs() {
  std::vector<Bytes> inputs;
  for (const char* pattern : {R"([a-z_]\w*\(\))", R"(^(a|b)*c+d?$)", R"((?:\d{1,3}\.){3}\d{1,3})",
                              R"([^"\n\\]{2,5}|\u00e9|\x41)", R"((ab|a(b|c)+?)*.{0,40})"})
    inputs.push_back(input_of(kRegex, pattern));
  for (
      const char* schema :
      {R"({"type":"object","properties":{"a":{"type":"integer","minimum":-5,)"
       R"("maximum":300},"b":{"type":"array","items":{"type":"string","maxLength":3},)"
       R"("maxItems":4}},"required":["a"],"additionalProperties":false})",
       R"({"$defs":{"t":{"type":"object","properties":{"next":{"$ref":"#/$defs/t"}},)"
       R"("additionalProperties":false}},"$ref":"#/$defs/t"})",
       R"({"anyOf":[{"const":{"x":[1,2.5,null]}},{"enum":["a",true]},{"type":["number","null"]}]})",
       R"({"type":"string","pattern":"^[a-c]+$","minLength":1,"format":"date"})",
       R"({"type":"array","prefixItems":[{"type":"boolean"}],"items":{"type":"number"},)"
       R"("minItems":2})"}) {
    inputs.push_back(input_of(kSchema, schema));
    inputs.push_back(input_of(kPlainSchema, schema));
  }
  for (const char* original : {"a\nb\r\nc", "", "x = 1\n=======\nx = 1\ny\n", "a\n\n\nb\n"}) {
    inputs.push_back(input_of(kBlocks, original));
    inputs.push_back(input_of(kWhole, original));
  }
  inputs.push_back(input_of(
      kAnswer,
      "a;b;c\n<<<<<<< SEARCH\nb\n=======\nd\ne\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nc\n=======\n"
      ">>>>>>> REPLACE\n"));
  return inputs;
}

void break_one_place(Bytes& input, Dice& dice) {
  if (input.empty()) return break_bytes(input, dice);
  const auto kind = static_cast<Kind>(input[0] % kKinds);
  if (kind != kSchema && kind != kPlainSchema) return break_bytes(input, dice);
  input = input_of(kind, break_json(as_text(std::span(input).subspan(1)), dice));
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  if (size < 1) return 0;
  const auto kind = static_cast<fuzz::Kind>(data[0] % fuzz::kKinds);
  const std::string_view text = fuzz::as_text({data + 1, size - 1});
  if (kind == fuzz::kAnswer) {
    fuzz::read_answer(text);
    return 0;
  }
  const auto grammar = fuzz::grammar_of(kind, text);
  if (grammar)
    fuzz::walk(*grammar, std::hash<std::string_view>{}(text));
  else
    fuzz::promise(!grammar.error().message().empty(), "an error says something");
  return 0;
}
