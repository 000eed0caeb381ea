// JSON values in and out of LSP structs, with errors that name the field.
//
//   bool from_json(const Json& json, Position& out, const Path& path) {
//     Fields fields(json, path);
//     return fields.required("line", out.line) && fields.required("character", out.character);
//   }
//   std::string error;
//   if (!from_json(params, position, Path("params", error))) ...
//   // error: "params.position.line: expected a whole number from 0 to 2147483647"
//
// Nothing throws: types are asked for before values are taken.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::protocol {

using Json = nlohmann::json;

// LSP's uinteger and integer end here.
constexpr std::int64_t kIntegerMax = 2147483647;

// Where we are in a JSON value. Lives on the stack, one link a level; the root owns nothing but
// knows the string that takes the error.
class Path {
 public:
  Path(std::string_view root, std::string& error) : name_(root), error_(&error) {}
  Path field(std::string_view name) const { return Path(this, name); }
  Path item(std::size_t item_idx) const { return Path(this, item_idx); }

  // Writes "params.a[2].b: <problem>" and returns false, so that a reader can say
  // `return path.fail("expected a string")`.
  bool fail(std::string_view problem) const;

 private:
  Path(const Path* parent, std::string_view name)
      : parent_(parent), name_(name), error_(parent->error_) {}
  Path(const Path* parent, std::size_t item_idx)
      : parent_(parent), item_idx_(item_idx), error_(parent->error_) {}
  std::string spelled() const;

  const Path* parent_ = nullptr;
  std::string_view name_;
  std::optional<std::size_t> item_idx_;
  std::string* error_;
};

bool from_json(const Json& json, std::string& out, const Path& path);
bool from_json(const Json& json, bool& out, const Path& path);
bool from_json(const Json& json, int& out, const Path& path);
bool from_json(const Json& json, std::uint32_t& out, const Path& path);
bool from_json(const Json& json, Json& out, const Path& path);

template <class T>
bool from_json(const Json& json, std::optional<T>& out, const Path& path) {
  return from_json(json, out.emplace(), path);
}

template <class T>
bool from_json(const Json& json, std::vector<T>& out, const Path& path) {
  if (!json.is_array()) return path.fail("expected an array");
  out.clear();
  out.reserve(json.size());
  for (std::size_t item_idx = 0; item_idx < json.size(); ++item_idx)
    if (!from_json(json[item_idx], out.emplace_back(), path.item(item_idx))) return false;
  return true;
}

// The fields of one object. Unknown fields are ignored, as LSP asks.
class Fields {
 public:
  Fields(const Json& object, const Path& path)
      : object_(object), path_(path), is_object_(object.is_object()) {
    if (!is_object_) path_.fail("expected an object");
  }

  template <class T>
  bool required(const char* name, T& out) {
    if (!is_object_) return false;
    const auto found = object_.find(name);
    if (found == object_.end()) return path_.field(name).fail("is missing");
    return from_json(*found, out, path_.field(name));
  }

  // Absent and null both leave `out` as it was.
  template <class T>
  bool optional(const char* name, T& out) {
    if (!is_object_) return false;
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return true;
    return from_json(*found, out, path_.field(name));
  }

  explicit operator bool() const { return is_object_; }

 private:
  const Json& object_;
  const Path& path_;
  bool is_object_;
};

// The value at a path of field names, or null: for capabilities, where every level may be absent.
const Json& at_path(const Json& json, std::initializer_list<const char*> names);

// One line of UTF-8; invalid bytes, which JSON cannot hold, become U+FFFD.
std::string to_text(const Json& json);

}  // namespace curlew::protocol
