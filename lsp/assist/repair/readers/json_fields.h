// Members of JSON that somebody else wrote: each may lack or be of another type than it should.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace curlew::assist {

// A member on a way of names; null where one of them is missing.
template <class... Names>
const nlohmann::json& member(const nlohmann::json& at, const Names&... names) {
  static const nlohmann::json kNone;
  const nlohmann::json* found = &at;
  for (const char* name : {names...}) {
    const auto next = found->is_object() ? found->find(name) : found->end();
    if (next == found->end()) return kNone;
    found = &*next;
  }
  return *found;
}

template <class... Names>
std::optional<std::string> text_of(const nlohmann::json& at, const Names&... names) {
  const nlohmann::json& found = member(at, names...);
  return found.is_string() ? std::optional(found.get<std::string>()) : std::nullopt;
}

// 0 where there is none, or none that is a line or a column.
template <class... Names>
int number_of(const nlohmann::json& at, const Names&... names) {
  constexpr std::int64_t kMax = 999'999'999;
  const nlohmann::json& found = member(at, names...);
  if (!found.is_number_integer()) return 0;
  const auto value = found.get<std::int64_t>();
  return value > 0 && value <= kMax ? static_cast<int>(value) : 0;
}

// The elements of an array, none where it is no array.
template <class... Names>
const nlohmann::json& elements_of(const nlohmann::json& at, const Names&... names) {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  const nlohmann::json& found = member(at, names...);
  return found.is_array() ? found : kEmpty;
}

}  // namespace curlew::assist
