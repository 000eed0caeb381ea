#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/model/constrain/small_vocabulary.h"

namespace curlew::model {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The plainest validator of what the grammar claims to hold to; no pattern.
bool is_valid(const json& value, const json& schema, const json& root) {
  if (schema.is_boolean()) return schema.get<bool>();
  if (schema.contains("$ref")) {
    const std::string target = schema["$ref"].get<std::string>().substr(1);
    return is_valid(value, root.at(json::json_pointer(target)), root);
  }
  if (schema.contains("const") && value != schema["const"]) return false;
  if (schema.contains("enum")) {
    const json& values = schema["enum"];
    if (std::find(values.begin(), values.end(), value) == values.end()) return false;
  }
  for (const char* word : {"anyOf", "oneOf"}) {
    if (!schema.contains(word)) continue;
    const json& parts = schema[word];
    if (std::none_of(parts.begin(), parts.end(), [&](auto& p) { return is_valid(value, p, root); }))
      return false;
  }
  if (schema.contains("type")) {
    json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
    const std::string name = value.is_number_integer() ? "integer" : value.type_name();
    const bool fits = std::any_of(types.begin(), types.end(), [&](const json& type) {
      return type == name || (type == "number" && value.is_number());
    });
    if (!fits) return false;
  }
  if (value.is_number()) {
    const double number = value.get<double>();
    if (schema.contains("minimum") && number < schema["minimum"].get<double>()) return false;
    if (schema.contains("maximum") && number > schema["maximum"].get<double>()) return false;
    if (schema.contains("exclusiveMinimum") && number <= schema["exclusiveMinimum"].get<double>())
      return false;
    if (schema.contains("exclusiveMaximum") && number >= schema["exclusiveMaximum"].get<double>())
      return false;
  }
  if (value.is_string()) {
    const std::size_t length = characters(value.get<std::string>());
    if (schema.contains("minLength") && length < schema["minLength"].get<std::size_t>())
      return false;
    if (schema.contains("maxLength") && length > schema["maxLength"].get<std::size_t>())
      return false;
  }
  if (value.is_array()) {
    if (schema.contains("minItems") && value.size() < schema["minItems"].get<std::size_t>())
      return false;
    if (schema.contains("maxItems") && value.size() > schema["maxItems"].get<std::size_t>())
      return false;
    const json prefix = schema.value("prefixItems", json::array());
    for (std::size_t i = 0; i < value.size(); ++i) {
      const json part = i < prefix.size() ? prefix[i] : schema.value("items", json(true));
      if (!is_valid(value[i], part, root)) return false;
    }
  }
  if (value.is_object()) {
    for (const json& name : schema.value("required", json::array())) {
      if (!value.contains(name.get<std::string>())) return false;
    }
    const json properties = schema.value("properties", json::object());
    for (const auto& [name, part] : value.items()) {
      const json rule = properties.contains(name)
                            ? properties[name]
                            : schema.value("additionalProperties", json(true));
      if (!is_valid(part, rule, root)) return false;
    }
  }
  return true;
}

TEST(JsonSchema, MatchesWhatItAccepts) {
  struct Case {
    const char* schema;
    std::vector<std::string> in, out;
  };
  const std::vector<Case> cases{
      {R"({"type": "null"})", {"null"}, {"nul", " null", "null "}},
      {R"({"type": ["boolean", "null"]})", {"true", "false", "null"}, {"1"}},
      {R"({"type": "integer"})", {"0", "-12", "123456789012345678"}, {"01", "1.0", "-0", "1e3"}},
      {R"({"type": "number"})",
       {"0", "-1.5", "2e10", "0.25E-3"},
       {".5", "1.", "+1", "1e999", "0x1"}},
      {R"({"type": "string"})",
       {R"("")", R"("a\"\\\/\n\u00e9é")", R"("\ud83d\ude00")"},
       {R"("a)", "\"\n\"", R"("\x")", R"("\ud83d")", R"("\ude00")", "\"\xff\""}},
      {R"({"type": "string", "minLength": 2, "maxLength": 3})",
       {R"("ab")", R"("é漢😀")", R"("\n\"\\")"},
       {R"("a")", R"("abcd")"}},
      {R"({"type": "string", "pattern": "^[a-c\"\n]+$"})", {R"("ab\"\n")"}, {R"("")", R"("d")"}},
      {R"({"type": "string", "pattern": "b+"})", {R"("b")", R"("xbby\\")"}, {R"("xy")"}},
      {R"({"pattern": "^a*$", "minLength": 2, "maxLength": 3})",
       {R"("aa")", R"("aaa")"},
       {R"("a")", R"("aaaa")"}},
      {R"({"enum": ["a", 1, null, [1, {"b": "é"}]]})",
       {R"("a")", "1", "null", R"([1, {"b": "é"}])", "[1,{\"b\":\"é\"}]",
        "[\n  1,\n  {\n    \"b\": \"é\"\n  }\n]"},
       {R"("b")", "[1]"}},
      {R"({"type": "integer", "enum": ["a", 1, 2]})", {"1", "2"}, {R"("a")"}},
      {R"({"const": {"a": []}})", {R"({"a": []})"}, {R"({"a": [ ]})", "{}"}},
      {R"({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "boolean"}, "c": {"const": 1}},
           "required": ["b"]})",
       {R"({"b": true})", R"({"a":null,"b":false,"c":1})", R"({ "b": true, "c": 1 })",
        "{\n  \"a\": null,\n  \"b\": true\n}", "{\n\t\"b\": true\n}"},
       {"{}", R"({"a": null})", R"({"b": true, "a": null})", R"({"b": true,})",
        R"({"b": true, "d": 1})", R"({"b" : true})", R"({  "b": true})"}},
      {R"({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "null"}})",
       {R"({"a": [1], "b": null})", R"({"b": null, "c": null})", "{}", R"({"a":"x"})",
        R"({"ab":null})"},
       {R"({"b": 1})", R"({"b": null, "a": 1})"}},
      {R"({"properties": {"a": {"type": "null"}}, "required": ["x"]})",
       {R"({"x": [1]})", R"({"a": null, "x": 2})"},
       {"{}", R"({"a": null})"}},
      {R"({"type": "object"})", {"{}", R"({"any": [{}], "": 1})"}, {"[]"}},
      {R"({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3})",
       {"[1]", "[1, 2, 3]", "[ 1,2 ]"},
       {"[]", "[1, 2, 3, 4]", "[1,]", "[true]"}},
      {R"({"type": "array", "maxItems": 0})", {"[]"}, {"[1]"}},
      {R"({"prefixItems": [{"const": 1}, {"const": 2}], "items": {"const": 3}})",
       {"[]", "[1]", "[1, 2]", "[1, 2, 3, 3]"},
       {"[2]", "[1, 3]"}},
      {R"({"prefixItems": [{"const": 1}, {"const": 2}], "minItems": 2})",
       {"[1, 2]"},
       {"[1]", "[]", "[1, 2, 3]"}},
      {R"({"prefixItems": [{"const": 1}, {"const": 2}, {"const": 3}], "maxItems": 2, "items": true})",
       {"[]", "[1]", "[1, 2]"},
       {"[1, 2, 3]"}},
      {R"({"prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 3})",
       {"[1, 2, 2]", "[1,2,2,2]"},
       {"[1, 2]"}},
      {R"({"anyOf": [{"type": "integer", "minimum": 5}, {"const": "x"}]})", {"5", R"("x")"}, {"4"}},
      {R"({"allOf": [{"$ref": "#/$defs/a~1b"}], "$defs": {"a/b": {"const": 7}}})", {"7"}, {"8"}},
      {R"({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {"v": {"type": "integer"},
           "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v"]}}})",
       {R"({"v": 1})", R"({"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3}]})"},
       {R"({"kids": []})", R"({"v": 1, "kids": [1]})"}},
      {R"({"properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["next"]})",
       {R"({"next": {"next": {"next": null}}})"},
       {R"({"next": {}})"}},
      {"true", {"1", "[[], {\"a\": null}]", "\"x\""}, {"x"}},
      {R"({"title": "t", "description": "d", "default": 3, "examples": []})", {"[1]"}, {"1 "}},
  };
  for (const Case& c : cases) {
    const Grammar::Made grammar = Grammar::from_json_schema(c.schema);
    ASSERT_TRUE(grammar) << c.schema << ": " << grammar.error().message();
    for (const std::string& text : c.in)
      EXPECT_TRUE(matches(grammar, text)) << c.schema << "\n" << text;
    for (const std::string& text : c.out)
      EXPECT_FALSE(matches(grammar, text)) << c.schema << "\n" << text;
  }
}

TEST(JsonSchema, CompactTextsHaveNoSpaces) {
  const Grammar::Made grammar = Grammar::from_json_schema(
      R"({"properties": {"a": {"items": {"enum": [[1, 2]]}}}})", JsonSpaces::kNone);
  EXPECT_TRUE(matches(grammar, R"({"a":[[1,2],[1,2]]})"));
  EXPECT_FALSE(begins(grammar, R"({"a": )"));
  EXPECT_FALSE(begins(grammar, R"({"a":[[1, )"));
  EXPECT_FALSE(begins(grammar, R"({ )"));
}

// Every bound, in every form, against every number of a grid.
TEST(JsonSchema, NumbersStayWithinTheirBounds) {
  std::vector<std::string> grid;
  for (int i = -125; i <= 125; ++i) grid.push_back(std::to_string(i));
  std::vector<std::string> decimals = grid;
  for (const char* base :
       {"0", "1", "9", "10", "12", "-0", "-1", "-9", "-10", "-12", "99", "-100"}) {
    for (const char* fraction :
         {".0", ".4", ".5", ".50", ".51", ".49", ".05", ".500001", ".25", ".249", ".9"}) {
      decimals.push_back(fmt::format("{}{}", base, fraction));
    }
  }
  const std::vector<std::string> bounds{
      "0",   "1",   "-1",  "9",    "10",  "11",   "12",    "99",     "100",   "101",  "-9",
      "-10", "-12", "-99", "-100", "0.5", "-0.5", "12.25", "-12.25", "1.5e1", "5e-2", "-0.0"};
  const SmallVocabulary vocabulary({});
  const ConstraintCompiler compiler(vocabulary);
  for (const std::string& bound : bounds) {
    for (const char* word : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}) {
      for (const char* type : {"integer", "number"}) {
        const std::string schema = fmt::format(R"({{"type": "{}", "{}": {}}})", type, word, bound);
        const Grammar::Made grammar = Grammar::from_json_schema(schema);
        ASSERT_TRUE(grammar) << schema << grammar.error().message();
        for (const std::string& number : type[0] == 'i' ? grid : decimals) {
          const bool zero = number.find_first_not_of("-0.") == std::string::npos;
          if (number[0] == '-' && zero) continue;
          const bool want = is_valid(json::parse(number), json::parse(schema), {});
          ASSERT_EQ(feed(*compiler.start(*grammar), number).value_or(false), want)
              << schema << " " << number;
        }
      }
    }
  }
  const Grammar::Made both =
      Grammar::from_json_schema(R"({"type": "integer", "minimum": -7, "exclusiveMaximum": 13})");
  for (int i = -30; i < 30; ++i)
    EXPECT_EQ(matches(both, std::to_string(i)), i >= -7 && i < 13) << i;
}

TEST(JsonSchema, WhatIsNotSupportedIsRefusedByNameAndPlace) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"{", {"not JSON"}},
      {"3", {"#", "expected an object"}},
      {R"({"properties": {"a": {"uniqueItems": true}}})", {"#/properties/a", "uniqueItems"}},
      {R"({"properties": {"x/y": {"items": {"not": {}}}}})",
       {"#/properties/x~1y/items", "\"not\""}},
      {R"({"patternProperties": {}})", {"patternProperties"}},
      {R"({"type": "strnig"})", {"#", "strnig"}},
      {R"({"anyOf": [{}, {"if": {}}]})", {"#/anyOf/1", "\"if\""}},
      {R"({"anyOf": [{}], "type": "string"})", {"\"type\" beside \"anyOf\""}},
      {R"({"allOf": [{}, {}]})", {"allOf"}},
      {R"({"enum": []})", {"enum"}},
      {R"({"type": "integer", "enum": ["a"]})", {"no value has the type"}},
      {R"({"$ref": "#/$defs/x"})", {"#/$defs/x", "nowhere"}},
      {R"({"$ref": "http://example.org/s"})", {"nowhere"}},
      {R"({"$ref": "#"})", {"circle"}},
      {R"({"anyOf": [{"$ref": "#"}, {"type": "null"}]})", {"refers to itself"}},
      {R"({"properties": {"n": {"$ref": "#"}}, "required": ["n"]})", {"no text"}},
      {R"({"properties": {"n": false}, "required": ["n"]})", {"no text"}},
      {R"({"type": "integer", "minimum": 5, "maximum": 4})", {"no text"}},
      {R"({"type": "string", "pattern": "a("})", {"pattern", "offset 1"}},
      {R"({"type": "string", "minLength": -1})", {"minLength"}},
      {R"({"type": "string", "minLength": 3, "maxLength": 2})", {"minLength is above maxLength"}},
      {R"({"type": "array", "maxItems": 100000000})", {"maxItems", "above"}},
      {R"({"type": "number", "minimum": 1e300})", {"digits"}},
      {R"({"required": "a"})", {"required"}},
      {R"({"properties": []})", {"properties"}},
      {R"({"type": "array", "items": [{}]})", {"#/items", "expected an object"}},
  };
  for (const auto& [schema, messages] : cases) {
    const Grammar::Made grammar = Grammar::from_json_schema(schema);
    ASSERT_FALSE(grammar) << schema;
    for (const std::string& message : messages)
      EXPECT_THAT(grammar.error().message(), HasSubstr(message)) << schema;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"items":)";
  EXPECT_FALSE(Grammar::from_json_schema(deep));
  deep += "{}";
  deep.append(100'000, '}');
  EXPECT_FALSE(Grammar::from_json_schema(deep));
}

TEST(JsonSchema, NotesSayWhatIsReadAndNotEnforced) {
  const Grammar::Made grammar = Grammar::from_json_schema(
      R"({"properties": {"d": {"type": "string", "format": "date"}, "e": {"oneOf": [{}]}}})");
  ASSERT_TRUE(grammar);
  EXPECT_THAT((*grammar)->notes(),
              testing::ElementsAre(HasSubstr("#/properties/d: format \"date\""),
                                   HasSubstr("#/properties/e: oneOf")));
}

json random_schema(int depth, std::mt19937& rng) {
  const int kind = static_cast<int>(rng() % (depth == 0 ? 7 : 12));
  const auto number = [&](int max) { return static_cast<int>(rng() % static_cast<unsigned>(max)); };
  switch (kind) {
    case 0:
      return {{"type", "integer"}, {"minimum", -number(300)}, {"maximum", number(2000)}};
    case 1:
      return {{"type", "string"}, {"minLength", number(3)}, {"maxLength", 3 + number(60)}};
    case 2:
      return {{"type", json::array({"boolean", "null"})}};
    case 3:
      return {{"enum", {"red", "re", "a\"b\\\n", 12, 120, false, {{"k", {1, 2}}}}}};
    case 4:
      return {{"type", "number"}, {"exclusiveMinimum", -0.5 * number(9)}};
    case 5:
      return {{"type", "string"}};
    case 6:
      return {{"const", "é漢"}};
    case 7:
      return {{"$ref", "#/$defs/node"}};
    case 8:
      return {{"anyOf", {random_schema(depth - 1, rng), random_schema(depth - 1, rng)}}};
    case 9:
      return {{"type", "array"},
              {"items", random_schema(depth - 1, rng)},
              {"minItems", number(2)},
              {"maxItems", 2 + number(3)}};
    case 10:
      return {{"type", "array"},
              {"prefixItems", {random_schema(depth - 1, rng)}},
              {"items", random_schema(depth - 1, rng)}};
    default:
      break;
  }
  json schema{{"type", "object"}, {"properties", json::object()}, {"required", json::array()}};
  for (const char* name : {"a", "ab", "b c", "é\""}) {
    if (rng() % 3 == 0) continue;
    schema["properties"][name] = random_schema(depth - 1, rng);
    if (rng() % 2 == 0) schema["required"].push_back(name);
  }
  if (rng() % 3 == 0) schema["additionalProperties"] = random_schema(depth - 1, rng);
  return schema;
}

json with_node(json schema) {
  schema["$defs"]["node"] = json::parse(
      R"({"type": "object", "properties": {"v": {"type": "integer"}, "l": {"$ref": "#/$defs/node"}, "r": {"type": "array", "items": {"$ref": "#/$defs/node"}}}})");
  return schema;
}

const std::vector<std::string>& json_texts() {
  static const std::vector<std::string> texts{
      R"({"a": {"v": 12, "l": {"r": [{}, {"v": -1}]}}, "ab": [true, null, "red"], "b c": "é漢"})",
      "{\n  \"a\": [\n    1.5e3,\n    \"text \\\" \\n\"\n  ],\n  \"ab\": \"red\",\n  \"b c\": "
      "{}\n}",
      R"({"a":"é漢","ab":[[1,2],{"k":[1,2]}],"b c":120})", R"(", "ab": "],}],[{"", ": {"[[[[[{{)"};
  return texts;
}

TEST(JsonSchema, RandomWalksEndInValidJson) {
  std::mt19937 rng(5);
  const SmallVocabulary vocabulary(pieces_of(json_texts(), 300, 9, rng));
  const ConstraintCompiler compiler(vocabulary);
  int whole = 0;
  for (int round = 0; round < 400; ++round) {
    const json schema = with_node(random_schema(3, rng));
    const auto spaces = rng() % 2 == 0 ? JsonSpaces::kNone : JsonSpaces::kFlexible;
    const Grammar::Made grammar = Grammar::from_json_schema(schema.dump(), spaces);
    ASSERT_TRUE(grammar) << schema << grammar.error().message();
    for (int walk = 0; walk < 3; ++walk) {
      const Walked out = random_walk(*compiler.start(*grammar), vocabulary, 300, rng);
      ASSERT_FALSE(out.dead_end) << schema << "\n" << out.text;
      if (!out.whole) continue;
      ++whole;
      const json value = json::parse(out.text, nullptr, false);
      ASSERT_FALSE(value.is_discarded()) << schema << "\n" << out.text;
      ASSERT_TRUE(is_valid(value, schema, schema)) << schema << "\n" << out.text;
    }
  }
  EXPECT_GT(whole, 300);
}

// Masks put together from parts (what is inside a rule, rests behind its end, long tokens) hold the
// same tokens as feeding every token byte by byte.
TEST(JsonSchema, MasksEqualTheWalkOfEveryToken) {
  std::mt19937 rng(7);
  std::vector<std::string> pieces = pieces_of(json_texts(), 400, 12, rng);
  for (const std::string& piece : pieces_of(json_texts(), 60, 60, rng)) pieces.push_back(piece);
  const SmallVocabulary vocabulary(pieces);
  const ConstraintCompiler compiler(vocabulary);
  std::size_t allowed = 0;
  for (int round = 0; round < 40; ++round) {
    const json schema = with_node(random_schema(3, rng));
    const Grammar::Made grammar = Grammar::from_json_schema(schema.dump());
    ASSERT_TRUE(grammar) << schema << grammar.error().message();
    const std::unique_ptr<Constraint> constraint = compiler.start(*grammar);
    std::vector<TokenId> path;
    for (int step = 0; step < 25; ++step) {
      const TokenMask mask = constraint->allowed();
      for (TokenId id = 256; id < vocabulary.marker(); ++id) {
        const std::unique_ptr<Constraint> probe = compiler.start(*grammar);
        for (const TokenId before : path) probe->accept(before);
        ASSERT_EQ(mask.has(id), feed(*probe, vocabulary.piece(id)).has_value())
            << schema << "\n"
            << vocabulary.decode(path, false) << "\n"
            << vocabulary.piece(id);
        if (step % 5 != 0) id += static_cast<TokenId>(rng() % 8);
      }
      const std::vector<TokenId> ids = ids_in(mask, vocabulary.size());
      allowed += ids.size();
      ASSERT_FALSE(ids.empty());
      const TokenId next = ids[rng() % ids.size()];
      if (next == vocabulary.end()) break;
      constraint->accept(next);
      path.push_back(next);
    }
  }
  EXPECT_GT(allowed, 1000u);
}

// All texts of a finite language, written by the test itself: the masks are those of the list.
TEST(JsonSchema, MasksAreExactForAFiniteLanguage) {
  const Grammar::Made grammar = Grammar::from_json_schema(
      R"({"properties": {"a": {"enum": [1, 12]}, "ab": {"type": ["null", "boolean"]},
          "b": {"items": {"const": "x"}, "maxItems": 2}}, "required": ["ab"]})",
      JsonSpaces::kNone);
  std::set<std::string> language;
  for (const char* a : {"", "\"a\":1,", "\"a\":12,"}) {
    for (const char* ab : {"null", "true", "false"}) {
      for (const char* b : {"", ",\"b\":[]", ",\"b\":[\"x\"]", ",\"b\":[\"x\",\"x\"]"}) {
        language.insert(fmt::format("{{{}\"ab\":{}{}}}", a, ab, b));
      }
    }
  }
  std::mt19937 rng(3);
  const SmallVocabulary vocabulary(pieces_of({language.begin(), language.end()}, 500, 40, rng));
  const ConstraintCompiler compiler(vocabulary);
  const auto is_beginning = [&](const std::string& text) {
    const auto at = language.lower_bound(text);
    return at != language.end() && at->starts_with(text);
  };
  for (int walk = 0; walk < 60; ++walk) {
    const std::unique_ptr<Constraint> constraint = compiler.start(*grammar);
    std::string text;
    while (true) {
      const TokenMask& mask = constraint->allowed();
      for (TokenId id = 0; id < vocabulary.marker(); ++id) {
        ASSERT_EQ(mask.has(id), is_beginning(text + std::string(vocabulary.piece(id)))) << text;
      }
      ASSERT_EQ(mask.has(vocabulary.end()), language.contains(text));
      const std::vector<TokenId> ids = ids_in(mask, vocabulary.size());
      const TokenId next = ids[rng() % ids.size()];
      if (next == vocabulary.end()) break;
      constraint->accept(next);
      text += vocabulary.piece(next);
    }
  }
}

// A model that only ever opens brackets is made to close them in time.
TEST(JsonSchema, NestingIsBoundedAndAlwaysCloses) {
  const SmallVocabulary vocabulary({"[[", "[[[[", "[[[[[[[[", "]]]", "[{\"", "\":", "\":["});
  const ConstraintCompiler compiler(vocabulary);
  for (
      const char* schema :
      {"true", R"({"items": {"$ref": "#"}})",
       R"({"items": {"$ref": "#"}, "minItems": 1, "maxItems": 2})",
       R"({"anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "object", "additionalProperties": {"$ref": "#"}}]})"}) {
    const Grammar::Made grammar = Grammar::from_json_schema(schema);
    if (!grammar) {
      EXPECT_THAT(grammar.error().message(), HasSubstr("no text")) << schema;
      continue;
    }
    const std::unique_ptr<Constraint> constraint = compiler.start(*grammar);
    std::string text;
    int depth = 0, depth_max = 0;
    for (int step = 0; step < 5000; ++step) {
      const TokenMask& mask = constraint->allowed();
      const std::vector<TokenId> ids = ids_in(mask, vocabulary.size());
      ASSERT_FALSE(ids.empty()) << schema << text;
      for (TokenId id = 256; id < vocabulary.marker(); ++id) {
        if (step % 16 != 0) break;
        const std::unique_ptr<Constraint> probe = compiler.start(*grammar);
        ASSERT_TRUE(feed(*probe, text));
        ASSERT_EQ(mask.has(id), feed(*probe, vocabulary.piece(id)).has_value())
            << text << vocabulary.piece(id);
      }
      TokenId next = -1;
      for (const TokenId wish : {258, 257, 256, int{'['}, 260, 261, int{'"'}, int{'x'}, int{':'},
                                 int{']'}, int{'}'}, vocabulary.end()}) {
        if (next < 0 && mask.has(wish) && (wish != 'x' || text.back() == '"')) next = wish;
      }
      if (next < 0) next = ids.back();
      if (next == vocabulary.end()) break;
      constraint->accept(next);
      for (const char c : vocabulary.piece(next)) {
        depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
        depth_max = std::max(depth_max, depth);
      }
      text += vocabulary.piece(next);
    }
    EXPECT_TRUE(constraint->is_complete()) << schema << text;
    EXPECT_GE(depth_max, 40) << schema;
    EXPECT_LE(depth_max, 130) << schema;
    EXPECT_FALSE(json::parse(text, nullptr, false).is_discarded()) << text;
  }
}

TEST(JsonSchema, AToolCallIsForcedWhereThereIsNoChoice) {
  const SmallVocabulary vocabulary({"{\"", "path", "\":", " \""});
  const ConstraintCompiler compiler(vocabulary);
  const Grammar::Made grammar = Grammar::from_json_schema(
      R"({"properties": {"path": {"const": "path"}}, "required": ["path"]})", JsonSpaces::kNone);
  const std::unique_ptr<Constraint> constraint = compiler.start(*grammar);
  std::string text;
  for (const TokenId id : constraint->forced(99)) text += vocabulary.piece(id);
  EXPECT_EQ(text, R"({"path":"path"})");
}

}  // namespace
}  // namespace curlew::model
