#include "tests/fuzz/json_damage.h"

#include <nlohmann/json.hpp>

namespace curlew::fuzz {
namespace {

using nlohmann::json;

void collect(json& node, std::vector<json*>& nodes) {
  nodes.push_back(&node);
  if (!node.is_structured()) return;
  for (json& child : node) collect(child, nodes);
}

json odd_value(Dice& dice) {
  constexpr double kFractions[] = {-0.0, 0.5, -1e-300, 1e300, 3.5e38, 1e-46, -1};
  constexpr const char* kTexts[] = {"",     "a",      "<s>",     "F16", "linear",
                                    "yarn", "(a|b)+", "\\p{L}+", "a b"};
  switch (dice.below(8)) {
    case 0:
      return nullptr;
    case 1:
      return dice.one_in(2);
    case 2:
      return dice.one_of(kTexts);
    case 3:
      return json::array();
    case 4:
      return json::object();
    case 5:
      return dice.one_of(kFractions);
    case 6:
      return static_cast<std::int64_t>(dice.odd_number());
    default:
      return dice.odd_number();
  }
}

void change_text(std::string& text, Dice& dice) {
  if (text.empty() || dice.one_in(3)) {
    text += static_cast<char>(' ' + dice.below(95));
  } else if (dice.one_in(2)) {
    text.resize(dice.below(text.size()));
  } else {
    text[dice.below(text.size())] = static_cast<char>(' ' + dice.below(95));
  }
}

void change_size(json& node, Dice& dice) {
  if (node.empty()) return;
  auto at = node.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(dice.below(node.size())));
  if (dice.one_in(2)) {
    node.erase(at);
  } else if (node.is_array()) {
    node.push_back(json(*at));
  } else {
    std::string key = at.key();
    json value = *at;
    change_text(key, dice);
    node[key] = std::move(value);
  }
}

}  // namespace

std::string break_json(std::string_view text, Dice& dice) {
  json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) {
    Bytes bytes = to_bytes(text);
    break_bytes(bytes, dice);
    return std::string(as_text(bytes));
  }
  std::vector<json*> nodes;
  collect(root, nodes);
  json& node = *nodes[dice.below(nodes.size())];
  if (node.is_structured() && !dice.one_in(3)) {
    change_size(node, dice);
  } else if (dice.one_in(4)) {
    const json other = *nodes[dice.below(nodes.size())];
    node = other;
  } else if (node.is_string() && !dice.one_in(3)) {
    change_text(node.get_ref<std::string&>(), dice);
  } else if (node.is_number_unsigned() && !dice.one_in(3)) {
    node = dice.odd_number_near(node.get<std::uint64_t>());
  } else {
    node = odd_value(dice);
  }
  return root.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace curlew::fuzz
