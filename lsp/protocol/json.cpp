#include "lsp/protocol/json.h"

#include <fmt/format.h>

#include <cmath>

namespace curlew::protocol {
namespace {

// Lua and JavaScript clients may send 3.0 for 3; both mean the same number.
std::optional<std::int64_t> whole_number(const Json& json) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(kIntegerMax)) return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) {
    const double value = json.get<double>();
    if (std::floor(value) == value && std::fabs(value) <= static_cast<double>(kIntegerMax))
      return static_cast<std::int64_t>(value);
  }
  return std::nullopt;
}

}  // namespace

std::string Path::spelled() const {
  if (parent_ == nullptr) return std::string(name_);
  if (item_idx_) return fmt::format("{}[{}]", parent_->spelled(), *item_idx_);
  return fmt::format("{}.{}", parent_->spelled(), name_);
}

bool Path::fail(std::string_view problem) const {
  *error_ = fmt::format("{}: {}", spelled(), problem);
  return false;
}

bool from_json(const Json& json, std::string& out, const Path& path) {
  if (!json.is_string()) return path.fail("expected a string");
  out = json.get_ref<const std::string&>();
  return true;
}

bool from_json(const Json& json, bool& out, const Path& path) {
  if (!json.is_boolean()) return path.fail("expected true or false");
  out = json.get<bool>();
  return true;
}

bool from_json(const Json& json, int& out, const Path& path) {
  const std::optional<std::int64_t> value = whole_number(json);
  if (!value || *value > kIntegerMax || *value < -kIntegerMax - 1)
    return path.fail("expected a whole number of 32 bits");
  out = static_cast<int>(*value);
  return true;
}

bool from_json(const Json& json, std::uint32_t& out, const Path& path) {
  const std::optional<std::int64_t> value = whole_number(json);
  if (!value || *value < 0 || *value > kIntegerMax)
    return path.fail("expected a whole number from 0 to 2147483647");
  out = static_cast<std::uint32_t>(*value);
  return true;
}

bool from_json(const Json& json, Json& out, const Path&) {
  out = json;
  return true;
}

const Json& at_path(const Json& json, std::initializer_list<const char*> names) {
  static const Json kNull;
  const Json* here = &json;
  for (const char* name : names) {
    if (!here->is_object()) return kNull;
    const auto found = here->find(name);
    if (found == here->end()) return kNull;
    here = &*found;
  }
  return *here;
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace curlew::protocol
