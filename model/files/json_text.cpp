#include "model/files/json_text.h"

#include <limits>
#include <utility>
#include <vector>

namespace curlew::model {
namespace {

using nlohmann::json;

// Builds the tree event by event, which is where depth and doubled keys show.
class TreeBuilder final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(std::int64_t value) override { return put(value); }
  bool number_unsigned(std::uint64_t value) override { return put(value); }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool binary(json::binary_t&) override { return false; }  // no such thing in text
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    auto [member, fresh] =
        open_.back()->get_ref<json::object_t&>().emplace(std::move(name), nullptr);
    if (!fresh) return refuse(fmt::format("key \"{}\" stands twice in one object", member->first));
    member_ = &member->second;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return refuse(fmt::format("byte {}: no JSON, or cut short", position));
  }

  json root;
  std::string refusal;

 private:
  bool refuse(std::string why) {
    if (refusal.empty()) refusal = std::move(why);
    return false;
  }
  json* place(json value) {
    json* at = &root;
    if (!open_.empty() && open_.back()->is_array()) {
      open_.back()->push_back(nullptr);
      at = &open_.back()->back();
    } else if (!open_.empty()) {
      at = member_;
    }
    *at = std::move(value);
    return at;
  }
  bool put(json value) {
    place(std::move(value));
    return true;
  }
  bool open(json value) {
    if (open_.size() == kJsonDepthMax)
      return refuse(fmt::format("nested deeper than {} levels", kJsonDepthMax));
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<json*> open_;  // containers begun and not ended; the tree owns them
  json* member_ = nullptr;   // what the last key names, its value still to come
};

}  // namespace

Expected<json> parse_json(std::string_view text, const std::string& file) {
  TreeBuilder builder;
  if (json::sax_parse(text, &builder)) return std::move(builder.root);
  return fail(Errc::kCorrupt, "{}: {}", file, builder.refusal);
}

const json* JsonObject::find(const char* key) const {
  if (!object_->is_object()) return nullptr;
  const auto it = object_->find(key);
  return it != object_->end() && !it->is_null() ? &*it : nullptr;
}

JsonObject JsonObject::object(const char* key) const {
  static const json kNone;
  const json* member = find(key);
  return {member != nullptr ? *member : kNone, file_};
}

tl::unexpected<Error> JsonObject::wrong(const char* key, const char* want) const {
  const json* member = find(key);
  if (member == nullptr)
    return fail(Errc::kCorrupt, "{}: key {} ({}) is missing", file_, key, want);
  return fail(Errc::kCorrupt, "{}: key {} should be {}, not {}", file_, key, want,
              member->type_name());
}

Expected<std::int64_t> JsonObject::integer(const char* key) const {
  const json* member = find(key);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool fits = member != nullptr && member->is_number_integer() &&
                    !(member->is_number_unsigned() && member->get<std::uint64_t>() > kMax);
  if (!fits) return wrong(key, "an integer");
  return member->get<std::int64_t>();
}

Expected<std::int64_t> JsonObject::integer(const char* key, std::int64_t fallback) const {
  return has(key) ? integer(key) : Expected<std::int64_t>(fallback);
}

Expected<double> JsonObject::number(const char* key) const {
  const json* member = find(key);
  if (member == nullptr || !member->is_number()) return wrong(key, "a number");
  return member->get<double>();
}

Expected<double> JsonObject::number(const char* key, double fallback) const {
  return has(key) ? number(key) : Expected<double>(fallback);
}

Expected<bool> JsonObject::boolean(const char* key, bool fallback) const {
  const json* member = find(key);
  if (member == nullptr) return fallback;
  if (!member->is_boolean()) return wrong(key, "a boolean");
  return member->get<bool>();
}

Expected<std::string> JsonObject::string(const char* key, std::string fallback) const {
  const json* member = find(key);
  if (member == nullptr) return fallback;
  if (!member->is_string()) return wrong(key, "a string");
  return member->get<std::string>();
}

}  // namespace curlew::model
