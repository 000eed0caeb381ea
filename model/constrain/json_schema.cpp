#include "model/constrain/json_schema.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "model/constrain/json_layout.h"
#include "model/constrain/json_terms.h"
#include "model/constrain/regex.h"

namespace curlew::model {
namespace {

using json = nlohmann::ordered_json;  // properties in the order of their declaration

// Say something about a schema, not about its values.
const std::set<std::string>& annotations() {
  static const std::set<std::string> words{
      "$schema", "$id",      "$comment",   "$defs",    "definitions", "title", "description",
      "default", "examples", "deprecated", "readOnly", "writeOnly",   "format"};
  return words;
}

// Assertions, by the type they speak about.
const std::map<std::string, std::string>& assertions() {
  static const std::map<std::string, std::string> words{{"properties", "object"},
                                                        {"required", "object"},
                                                        {"additionalProperties", "object"},
                                                        {"items", "array"},
                                                        {"prefixItems", "array"},
                                                        {"minItems", "array"},
                                                        {"maxItems", "array"},
                                                        {"minLength", "string"},
                                                        {"maxLength", "string"},
                                                        {"pattern", "string"},
                                                        {"minimum", "number"},
                                                        {"maximum", "number"},
                                                        {"exclusiveMinimum", "number"},
                                                        {"exclusiveMaximum", "number"}};
  return words;
}

const std::vector<std::string>& all_types() {
  static const std::vector<std::string> types{"object", "array",   "string",
                                              "number", "boolean", "null"};
  return types;
}

// "a/b~c" as a part of a JSON pointer.
std::string escaped(const std::string& name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

bool is_type_of(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  return type == "array" ? value.is_array() : value.is_object();
}

int depth_of(const json& value, int depth = 0) {
  int deepest = depth;
  if (!value.is_structured() || depth > kSchemaDepthMax * 2) return deepest;
  for (const json& part : value) deepest = std::max(deepest, depth_of(part, depth + 1));
  return deepest;
}

// A rule a schema. References are absolute, so equal schemas are equal languages wherever they
// stand: rules are known by the text of their schema.
class SchemaReader {
 public:
  SchemaReader(const json& root, JsonSpaces spaces)
      : root_(root), terms_(pool_), layout_(pool_, spaces, kSpaceRule) {
    rules_.push_back({layout_.space_rule(), "white space"});  // kSpaceRule
  }

  Expected<SchemaRules> read() {
    Expected<RuleId> root = rule_of(root_, "#");
    if (!root) return std::move(root.error()).pass();
    Expected<std::unique_ptr<const RuleTable>> table = RuleTable::compile(pool_, rules_, *root);
    if (!table) return std::move(table.error()).during("schema");
    return SchemaRules{std::move(*table), std::move(notes_)};
  }

 private:
  static constexpr RuleId kSpaceRule = 0;
  using Body = Expected<ExprId>;

  template <class... Args>
  static tl::unexpected<Error> bad(Errc kind, const std::string& place,
                                   fmt::format_string<Args...> format, Args&&... args) {
    return fail(kind, "schema {}: {}", place, fmt::format(format, std::forward<Args>(args)...));
  }

  Expected<RuleId> rule_of(const json& schema, const std::string& place) {
    if (schema.is_object() && schema.contains("$ref")) return rule_of_reference(schema, place);
    const std::string text = schema.dump();
    const auto known = known_.find(text);
    if (known != known_.end()) return known->second;
    if (rules_.size() > kSchemaCountMax) {
      return bad(Errc::kUnsupported, place, "more than {} schemas", kSchemaCountMax);
    }
    const auto rule = static_cast<RuleId>(rules_.size());
    known_.emplace(text, rule);
    rules_.push_back({pool_.none(), place});
    const Body body = body_of(schema, place);
    if (!body) return Error(body.error()).pass();
    rules_[static_cast<std::size_t>(rule)].body = *body;
    return rule;
  }

  // The rule of what is referred to; a chain of references that ends nowhere is an error.
  Expected<RuleId> rule_of_reference(const json& schema, const std::string& place) {
    const json* at = &schema;
    std::string at_place = place;
    for (std::set<const json*> met; at->is_object() && at->contains("$ref");) {
      if (!met.insert(at).second) {
        return bad(Errc::kInvalidInput, place, "a circle of references");
      }
      if (Status words = check_words(*at, at_place, {"$ref"}); !words) {
        return std::move(words.error()).pass();
      }
      const json& target = (*at)["$ref"];
      if (!target.is_string()) return bad(Errc::kInvalidInput, at_place, "$ref is not a string");
      const auto text = target.get<std::string>();
      const json* found = referred(text);
      if (found == nullptr) {
        return bad(Errc::kInvalidInput, at_place, "$ref \"{}\" leads nowhere in this schema", text);
      }
      at = found;
      at_place = text;
    }
    return rule_of(*at, at_place);
  }

  const json* referred(const std::string& text) const {
    if (text == "#") return &root_;
    if (!text.starts_with("#/")) return nullptr;
    const json* at = &root_;
    for (std::size_t begin = 2; begin <= text.size();) {
      const std::size_t end = std::min(text.find('/', begin), text.size());
      std::string name;
      for (std::size_t i = begin; i < end; ++i) {
        const bool tilde = text[i] == '~' && i + 1 < end;
        name += tilde ? (text[++i] == '1' ? '/' : '~') : text[i];
      }
      if (!at->is_object() || !at->contains(name)) return nullptr;
      at = &(*at)[name];
      begin = end + 1;
    }
    return at;
  }

  // Every word of the schema is an annotation or one of these.
  Status check_words(const json& schema, const std::string& place,
                     const std::set<std::string>& known) {
    for (const auto& [word, value] : schema.items()) {
      if (word == "format") {
        notes_.push_back(fmt::format("{}: format {} is not enforced", place, value.dump()));
      }
      if (annotations().contains(word) || known.contains(word)) continue;
      const bool exists = assertions().contains(word) || word == "type" || word == "enum" ||
                          word == "const" || word == "anyOf" || word == "oneOf" || word == "allOf";
      if (exists) {
        return bad(Errc::kUnsupported, place, "\"{}\" beside \"{}\" is not supported", word,
                   *known.begin());
      }
      return bad(Errc::kUnsupported, place, "\"{}\" is not supported", word);
    }
    return {};
  }

  Body body_of(const json& schema, const std::string& place) {
    if (schema.is_boolean()) return schema.get<bool>() ? any_value() : Body(pool_.none());
    if (!schema.is_object()) {
      return bad(Errc::kInvalidInput, place, "expected an object, true or false");
    }
    if (schema.contains("enum") || schema.contains("const")) return choice(schema, place);
    for (const char* word : {"anyOf", "oneOf", "allOf"}) {
      if (schema.contains(word)) return alternatives(schema, word, place);
    }
    return typed(schema, place);
  }

  // What stands where a value of the schema is wanted. Small values are written out; there is no
  // use in a stack for them.
  Body value_of(const json& schema, const std::string& place) {
    const bool literal =
        schema.is_object() && (schema.contains("enum") || schema.contains("const"));
    if (literal && !schema.contains("$ref")) return choice(schema, place);
    if (schema == false) return pool_.none();
    Expected<RuleId> rule = rule_of(schema, place);
    if (!rule) return std::move(rule.error()).pass();
    return pool_.call(*rule);
  }

  Body any_value() {
    std::vector<ExprId> options;
    for (const std::string& type : all_types()) {
      Body body = value_of(json{{"type", type}}, "#");
      if (!body) return body;
      options.push_back(*body);
    }
    return pool_.either(std::move(options));
  }

  Body choice(const json& schema, const std::string& place) {
    const bool is_const = schema.contains("const");
    const char* word = is_const ? "const" : "enum";
    if (Status words = check_words(schema, place, {word, "type"}); !words) {
      return std::move(words.error()).pass();
    }
    const json values = is_const ? json::array({schema["const"]}) : schema["enum"];
    if (!values.is_array() || values.empty()) {
      return bad(Errc::kInvalidInput, place, "enum is not an array of values");
    }
    Expected<std::vector<std::string>> types = types_of(schema, place);
    if (!types) return std::move(types.error()).pass();
    std::vector<ExprId> options;
    for (const json& value : values) {
      const bool fits = types->empty() || std::any_of(types->begin(), types->end(), [&](auto& t) {
                          return is_type_of(value, t);
                        });
      if (fits) options.push_back(layout_.written(value));
    }
    if (options.empty()) return bad(Errc::kInvalidInput, place, "no value has the type");
    return pool_.either(std::move(options));
  }

  Body alternatives(const json& schema, const std::string& word, const std::string& place) {
    if (Status words = check_words(schema, place, {word}); !words) {
      return std::move(words.error()).pass();
    }
    const json& parts = schema[word];
    if (!parts.is_array() || parts.empty()) {
      return bad(Errc::kInvalidInput, place, "{} is not an array of schemas", word);
    }
    if (word == "allOf" && parts.size() > 1) {
      return bad(Errc::kUnsupported, place, "allOf with more than one schema is not supported");
    }
    if (word == "oneOf") {
      notes_.push_back(place + ": oneOf is read as anyOf: a value may match more than one schema");
    }
    std::vector<ExprId> options;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      Body option = value_of(parts[i], fmt::format("{}/{}/{}", place, word, i));
      if (!option) return option;
      options.push_back(*option);
    }
    return pool_.either(std::move(options));
  }

  // The types a schema names; none where it names none.
  Expected<std::vector<std::string>> types_of(const json& schema, const std::string& place) const {
    std::vector<std::string> types;
    if (!schema.contains("type")) return types;
    const json& named = schema["type"];
    const json list = named.is_array() ? named : json::array({named});
    for (const json& type : list) {
      const std::string name = type.is_string() ? type.get<std::string>() : type.dump();
      const bool known = name == "integer" || std::find(all_types().begin(), all_types().end(),
                                                        name) != all_types().end();
      if (!known) return bad(Errc::kInvalidInput, place, "unknown type {}", type.dump());
      types.push_back(name);
    }
    if (types.empty()) return bad(Errc::kInvalidInput, place, "an empty list of types");
    return types;
  }

  // A schema that names no type has the types its assertions speak about.
  Body typed(const json& schema, const std::string& place) {
    std::set<std::string> known{"type"};
    for (const auto& [word, type] : assertions()) known.insert(word);
    if (Status words = check_words(schema, place, known); !words) {
      return std::move(words.error()).pass();
    }
    Expected<std::vector<std::string>> types = types_of(schema, place);
    if (!types) return std::move(types.error()).pass();
    if (types->empty()) {
      for (const std::string& type : all_types()) {
        const bool spoken_about = std::any_of(
            assertions().begin(), assertions().end(),
            [&](const auto& word) { return word.second == type && schema.contains(word.first); });
        if (spoken_about) types->push_back(type);
      }
    }
    if (types->empty()) return any_value();
    std::vector<ExprId> options;
    for (const std::string& type : *types) {
      Body option = of_type(schema, type, place);
      if (!option) return option;
      options.push_back(*option);
    }
    return pool_.either(std::move(options));
  }

  Body of_type(const json& schema, const std::string& type, const std::string& place) {
    if (type == "null") return pool_.literal("null");
    if (type == "boolean") return pool_.either(pool_.literal("true"), pool_.literal("false"));
    if (type == "string") return string(schema, place);
    if (type == "array") return array(schema, place);
    if (type == "object") return object(schema, place);
    return number(schema, type == "integer", place);
  }

  Body string(const json& schema, const std::string& place) {
    Expected<JsonCounts> length = counts(schema, "minLength", "maxLength", place);
    if (!length) return std::move(length.error()).pass();
    const bool counted = schema.contains("minLength") || schema.contains("maxLength");
    if (!schema.contains("pattern")) {
      return counted ? terms_.string_of(length->min, length->max) : terms_.any_string();
    }
    const json& pattern = schema["pattern"];
    if (!pattern.is_string()) return bad(Errc::kInvalidInput, place, "pattern is not a string");
    const Spelling spell = [this](const CodePointSet& set) { return terms_.character(set); };
    Body content = parse_regex(pool_, pattern.get<std::string>(), RegexMatch::kSearch, spell);
    if (!content)
      return std::move(content.error()).during(fmt::format("schema {}: pattern", place));
    const ExprId quoted = pool_.sequence({pool_.literal("\""), *content, pool_.literal("\"")});
    return counted ? pool_.both(quoted, terms_.string_of(length->min, length->max)) : quoted;
  }

  Body number(const json& schema, bool integer, const std::string& place) {
    std::optional<JsonTerms::Bound> min, max;
    const std::array<std::pair<const char*, bool>, 4> words{{{"minimum", true},
                                                             {"exclusiveMinimum", false},
                                                             {"maximum", true},
                                                             {"exclusiveMaximum", false}}};
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto& [word, inclusive] = words[i];
      if (!schema.contains(word)) continue;
      if (!schema[word].is_number()) {
        return bad(Errc::kInvalidInput, place, "{} is not a number", word);
      }
      std::optional<JsonTerms::Bound>& side = i < 2 ? min : max;
      if (side) return bad(Errc::kUnsupported, place, "{} beside {}", word, words[i - 1].first);
      Expected<JsonTerms::Bound> bound = JsonTerms::bound(schema[word], inclusive);
      if (!bound) return std::move(bound.error()).during(fmt::format("schema {}", place));
      side = std::move(*bound);
    }
    return integer ? terms_.integer(min, max) : terms_.number(min, max);
  }

  Expected<JsonCounts> counts(const json& schema, const char* min, const char* max,
                              const std::string& place) const {
    JsonCounts out;
    for (const auto& [word, count] : {std::pair(min, &out.min), std::pair(max, &out.max)}) {
      if (!schema.contains(word)) continue;
      const json& value = schema[word];
      if (!value.is_number_unsigned()) {
        return bad(Errc::kInvalidInput, place, "{} is not a whole number from 0 on", word);
      }
      if (value.get<std::uint64_t>() > static_cast<std::uint64_t>(kItemsMax)) {
        return bad(Errc::kUnsupported, place, "{} is above {}", word, kItemsMax);
      }
      *count = value.get<int>();
    }
    if (out.max != ExpressionPool::kMany && out.max < out.min) {
      return bad(Errc::kInvalidInput, place, "{} is above {}", min, max);
    }
    return out;
  }

  Body array(const json& schema, const std::string& place) {
    Expected<JsonCounts> length = counts(schema, "minItems", "maxItems", place);
    if (!length) return std::move(length.error()).pass();
    std::vector<ExprId> prefix;
    if (schema.contains("prefixItems")) {
      const json& items = schema["prefixItems"];
      if (!items.is_array()) return bad(Errc::kInvalidInput, place, "prefixItems is not an array");
      for (std::size_t i = 0; i < items.size(); ++i) {
        Body item = value_of(items[i], fmt::format("{}/prefixItems/{}", place, i));
        if (!item) return item;
        prefix.push_back(*item);
      }
    }
    const json rest = schema.contains("items") ? schema["items"] : json(prefix.empty());
    Body item = value_of(rest, place + "/items");
    if (!item) return item;
    return layout_.array(prefix, *item, *length);
  }

  Body object(const json& schema, const std::string& place) {
    Expected<std::vector<std::string>> required = required_names(schema, place);
    if (!required) return std::move(required.error()).pass();
    json properties = schema.contains("properties") ? schema["properties"] : json::object();
    if (!properties.is_object()) {
      return bad(Errc::kInvalidInput, place, "properties is not an object");
    }
    // Declared properties close an object unless it says otherwise; one without any is free.
    const json others = schema.contains("additionalProperties") ? schema["additionalProperties"]
                                                                : json(properties.empty());
    const std::size_t n_declared = properties.size();
    for (const std::string& name : *required) {
      if (!properties.contains(name)) {
        const bool forbidden = schema.contains("additionalProperties") && others == false;
        properties[name] = forbidden ? json(false) : others == false ? json(true) : others;
      }
    }
    std::vector<JsonLayout::Member> members;
    std::vector<std::string> names;
    for (const auto& [name, value] : properties.items()) {
      const bool declared = members.size() < n_declared;
      const std::string value_place =
          declared ? place + "/properties/" + escaped(name) : place + "/additionalProperties";
      Body text = value_of(value, value_place);
      if (!text) return text;
      const bool needed = std::find(required->begin(), required->end(), name) != required->end();
      const std::string quoted = json(name).dump();
      members.push_back({pool_.sequence({pool_.literal(quoted), layout_.colon(), *text}), needed});
      names.push_back(quoted.substr(1, quoted.size() - 2));
    }
    Body other = value_of(others, place + "/additionalProperties");
    if (!other) return other;
    return layout_.object(members,
                          pool_.sequence({terms_.name_except(names), layout_.colon(), *other}));
  }

  Expected<std::vector<std::string>> required_names(const json& schema,
                                                    const std::string& place) const {
    std::vector<std::string> names;
    if (!schema.contains("required")) return names;
    const json& list = schema["required"];
    const bool strings =
        list.is_array() &&
        std::all_of(list.begin(), list.end(), [](const json& n) { return n.is_string(); });
    if (!strings) return bad(Errc::kInvalidInput, place, "required is not an array of names");
    for (const json& name : list) names.push_back(name.get<std::string>());
    return names;
  }

  const json& root_;
  ExpressionPool pool_;
  JsonTerms terms_;
  JsonLayout layout_;
  std::vector<RuleSource> rules_;
  std::map<std::string, RuleId> known_;  // by the schema's text
  std::vector<std::string> notes_;
};

}  // namespace

Expected<SchemaRules> schema_rules(std::string_view text, JsonSpaces spaces) {
  if (text.size() > kSchemaBytesMax) {
    return fail(Errc::kInvalidInput, "schema: {} bytes, at most {} are read", text.size(),
                kSchemaBytesMax);
  }
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return fail(Errc::kInvalidInput, "schema: not JSON");
  if (depth_of(root) > kSchemaDepthMax) {
    return fail(Errc::kUnsupported, "schema: nested deeper than {}", kSchemaDepthMax);
  }
  return SchemaReader(root, spaces).read();
}

}  // namespace curlew::model
