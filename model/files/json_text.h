// JSON that came from outside, as a tree.
//
// Stricter than the format, which lets a reader take the last of equal keys: a key that stands
// twice in one object is refused, because two programs would then read two different models. Depth
// is bounded. Errors name the file and, where JSON itself is broken, the byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "model/error.h"

namespace curlew::model {

inline constexpr std::size_t kJsonDepthMax = 24;  // a tokenizer.json has about eight levels

Expected<nlohmann::json> parse_json(std::string_view text, const std::string& file);

// A JSON object whose members are looked up by key and kind. `null` counts as absent, as it does
// for the programs that write these files. Views the tree, which must outlive it.
class JsonObject {
 public:
  // `object` may be anything: every member of what is no object is absent.
  JsonObject(const nlohmann::json& object, std::string file)
      : object_(&object), file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  const nlohmann::json* find(const char* key) const;  // null when absent
  bool has(const char* key) const { return find(key) != nullptr; }
  JsonObject object(const char* key) const;  // an empty one when absent

  // Absent: an Error naming the key, or the fallback. Of another kind: an Error.
  Expected<std::int64_t> integer(const char* key) const;
  Expected<std::int64_t> integer(const char* key, std::int64_t fallback) const;
  Expected<double> number(const char* key) const;
  Expected<double> number(const char* key, double fallback) const;
  Expected<bool> boolean(const char* key, bool fallback) const;
  Expected<std::string> string(const char* key, std::string fallback) const;

 private:
  tl::unexpected<Error> wrong(const char* key, const char* want) const;

  const nlohmann::json* object_;
  std::string file_;
};

}  // namespace curlew::model
