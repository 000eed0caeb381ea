// How arrays, objects and given values are laid out: commas, white space, order, counts.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "model/constrain/expression.h"
#include "model/constrain/grammar.h"

namespace curlew::model {

struct JsonCounts {
  int min = 0, max = ExpressionPool::kMany;
};

class JsonLayout {
 public:
  // `space_rule` is where the caller keeps space_rule(); it is called from everywhere, so that
  // there is one automaton for white space however large the schema.
  JsonLayout(ExpressionPool& pool, JsonSpaces spaces, RuleId space_rule);

  ExprId space_rule();
  ExprId colon() const { return colon_; }

  // A given value; objects keep the order of their members.
  ExprId written(const nlohmann::ordered_json& value);

  // Items of the prefix, then any number of others, within the counts.
  ExprId array(const std::vector<ExprId>& prefix, ExprId other, const JsonCounts& counts);

  struct Member {
    ExprId text;  // "name": value
    bool required;
  };
  // Members in their order, optional ones left out at will, then any number of others.
  ExprId object(const std::vector<Member>& members, ExprId other);

 private:
  static constexpr int kIndentSpacesMax = 64, kIndentTabsMax = 16;

  ExprId enclosed(std::string_view open, ExprId parts, std::string_view close);
  ExprId items(const std::vector<ExprId>& prefix, ExprId other, const JsonCounts& counts);

  ExpressionPool& pool_;
  ExprId gap_, comma_, colon_;
};

}  // namespace curlew::model
