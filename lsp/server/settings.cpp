#include "lsp/server/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "indexer/source/user_folders.h"
#include "model/text/prompt_formats.h"

namespace curlew::server {
namespace fs = std::filesystem;

using protocol::Json;

namespace {

constexpr std::uintmax_t kSettingsBytesMax = 1u << 20;

using Field = std::variant<std::string Settings::*, int Settings::*, double Settings::*,
                           std::uint64_t Settings::*, bool Settings::*,
                           std::vector<std::string> Settings::*, fs::path Settings::*>;

struct Key {
  const char* name;
  Field field;
  double low = 0, high = 0;              // for numbers
  std::vector<std::string> values = {};  // for words; empty: any text
};

std::vector<std::string> format_values(std::vector<std::string> families) {
  families.insert(families.begin(), {"auto", "none"});
  return families;
}

const std::vector<Key>& keys() {
  static const std::vector<Key> kKeys = {
      {"model", &Settings::model},
      {"endpoint", &Settings::endpoint},
      {"endpoint_model", &Settings::endpoint_model},
      {"device", &Settings::device, 0, 0, {"auto", "cpu", "cuda"}},
      {"threads", &Settings::threads, 0, 1024},
      {"context_tokens", &Settings::context_tokens, 0, 1 << 20},
      {"kv_cache", &Settings::kv_cache, 0, 0, {"auto", "f32", "f16", "q8_0"}},
      {"adapter", &Settings::adapter},
      {"prefix_cache", &Settings::prefix_cache},
      {"fim_format", &Settings::fim_format, 0, 0, format_values(model::fim_format_names())},
      {"next_edit_format", &Settings::next_edit_format, 0, 0,
       format_values(model::next_edit_format_names())},
      {"chat_format", &Settings::chat_format, 0, 0, format_values(model::chat_format_names())},
      {"completion_budget_ms", &Settings::completion_budget_ms, 10, 600000},
      {"debounce_ms", &Settings::debounce_ms, 0, 10000},
      {"lines", &Settings::lines, 0, 0, {"auto", "one", "many"}},
      {"copy_mix", &Settings::copy_mix, 0, 0, {"auto", "on", "off"}},
      {"temperature", &Settings::temperature, 0, 10},
      {"seed", &Settings::seed, 0, 9007199254740992.0},  // what JSON numbers hold exactly
      {"index_enabled", &Settings::index_enabled},
      {"completion_enabled", &Settings::completion_enabled},
      {"next_edit_enabled", &Settings::next_edit_enabled},
      {"navigation", &Settings::navigation},
      {"disabled_languages", &Settings::disabled_languages},
      {"trusted", &Settings::trusted},
      {"repair_ahead", &Settings::repair_ahead},
      {"repair_budget_ms", &Settings::repair_budget_ms, 100, 3600000},
      {"log_level", &Settings::log_level, 0, 0, {"error", "warn", "info", "debug"}},
      {"index_store", &Settings::index_store},
  };
  return kKeys;
}

// What editors keep in the same section for themselves.
constexpr std::string_view kCheckTable = "check";
constexpr std::string_view kClientKeys[] = {"server_path", "trace_server", "path", "trace"};

// completion.budgetMs -> completion_budget_ms
std::string normalised(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      if (!out.empty() && out.back() != '_') out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c == '.' || c == '-' ? '_' : c;
    }
  }
  return out;
}

const Key* find_key(std::string_view name) {
  for (const Key& key : keys())
    if (key.name == name) return &key;
  constexpr std::string_view kSection = "completion_";
  return name.starts_with(kSection) ? find_key(name.substr(kSection.size())) : nullptr;
}

// Each returns what was expected, or "" when the value was taken.
std::string take(const Key& key, const Json& json, std::string& out) {
  const std::string text = json.is_string() ? json.get<std::string>() : std::string();
  if (!key.values.empty() &&
      std::find(key.values.begin(), key.values.end(), text) == key.values.end())
    return fmt::format("one of {}", fmt::join(key.values, ", "));
  if (!json.is_string()) return "text";
  out = text;
  return {};
}

template <class Number>
requires std::is_arithmetic_v<Number> std::string take(const Key& key, const Json& json,
                                                       Number& out) {
  const double value = json.is_number() ? json.get<double>() : key.low - 1;
  const bool fits = value >= key.low && value <= key.high;  // false for NaN
  if (!fits || (std::is_integral_v<Number> && std::floor(value) != value))
    return fmt::format("a {}number from {} to {}", std::is_integral_v<Number> ? "whole " : "",
                       key.low, key.high);
  out = static_cast<Number>(value);
  return {};
}

std::string take(const Key&, const Json& json, bool& out) {
  if (!json.is_boolean()) return "true or false";
  out = json.get<bool>();
  return {};
}

std::string take(const Key&, const Json& json, std::vector<std::string>& out) {
  const auto is_text = [](const Json& item) { return item.is_string(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text)) return "a list of texts";
  out = json.get<std::vector<std::string>>();
  return {};
}

std::string take(const Key&, const Json& json, fs::path& out) {
  if (!json.is_string()) return "a path";
  out = json.get<std::string>();
  return {};
}

void apply_one(const std::string& written, const Json& value, std::string_view source,
               Settings& settings, std::vector<std::string>& complaints) {
  const std::string name = normalised(written);
  if (std::find(std::begin(kClientKeys), std::end(kClientKeys), name) != std::end(kClientKeys))
    return;
  const Key* key = find_key(name);
  if (key == nullptr) {
    complaints.push_back(fmt::format("{}: unknown key '{}'", source, written));
    return;
  }
  const std::string expected =
      std::visit([&](auto field) { return take(*key, value, settings.*field); }, key->field);
  if (!expected.empty())
    complaints.push_back(fmt::format("{}: '{}': expected {}, got {}", source, written, expected,
                                     protocol::to_text(value).substr(0, 60)));
}

// The one table whose keys are the user's own: globs.
void apply_check(const Json& rules, std::string_view source, Settings& settings,
                 std::vector<std::string>& complaints) {
  if (!rules.is_object()) {
    complaints.push_back(
        fmt::format("{}: '{}': expected a table of globs and commands", source, kCheckTable));
    return;
  }
  for (const auto& [glob, command] : rules.items()) {
    if (command.is_string())
      settings.check[glob] = command.get<std::string>();
    else
      complaints.push_back(fmt::format("{}: '{}.{}': expected a command or \"off\", got {}", source,
                                       kCheckTable, glob,
                                       protocol::to_text(command).substr(0, 60)));
  }
}

Json to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    Json out = Json::object();
    for (const auto& [key, value] : *table) out[std::string(key.str())] = to_json(value);
    return out;
  }
  if (const auto* array = node.as_array()) {
    Json out = Json::array();
    for (const toml::node& item : *array) out.push_back(to_json(item));
    return out;
  }
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return *number;
  if (const auto number = node.value_exact<double>()) return *number;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  return {};  // dates and times, which no key takes
}

// A file that is not there is nothing to complain about.
void apply_file(const fs::path& path, Settings& settings, std::vector<std::string>& complaints) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return;
  if (fs::file_size(path, error) > kSettingsBytesMax) {
    complaints.push_back(
        fmt::format("{}: larger than {} bytes, not read", path.string(), kSettingsBytesMax));
    return;
  }
  try {
    apply_settings(to_json(toml::parse_file(path.string())), path.string(), settings, complaints);
  } catch (const toml::parse_error& broken) {
    complaints.push_back(fmt::format("{}:{}:{}: {}", path.string(), broken.source().begin.line,
                                     broken.source().begin.column, broken.description()));
  }
}

}  // namespace

void apply_settings(const Json& json, std::string_view source, Settings& settings,
                    std::vector<std::string>& complaints) {
  if (json.is_null()) return;
  if (!json.is_object()) {
    complaints.push_back(fmt::format("{}: expected an object", source));
    return;
  }
  for (const auto& [name, value] : json.items()) {
    if (name == kCheckTable) {
      apply_check(value, source, settings, complaints);
      continue;
    }
    if (!value.is_object()) {
      apply_one(name, value, source, settings, complaints);
      continue;
    }
    for (const auto& [inner, inner_value] : value.items())
      apply_one(name + "." + inner, inner_value, source, settings, complaints);
  }
}

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.emplace_back(key.name);
  return names;
}

fs::path user_config_file() {
  return indexer::user_config_folder() / "config.toml";
}

LoadedSettings load_settings(const std::optional<fs::path>& workspace_root) {
  LoadedSettings loaded;
  apply_file(user_config_file(), loaded.settings, loaded.complaints);
  if (!workspace_root) return loaded;
  const fs::path file = *workspace_root / "curlew.toml";
  const bool trusted = loaded.settings.trusted;
  apply_file(file, loaded.settings, loaded.complaints);
  if (std::exchange(loaded.settings.trusted, trusted) != trusted)
    loaded.complaints.push_back(
        fmt::format("{}: 'trusted': a workspace cannot say it of itself", file.string()));
  return loaded;
}

void overlay_settings(Settings& settings, const Settings& from,
                      const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (const Key* key = find_key(name))
      std::visit([&](auto field) { settings.*field = from.*field; }, key->field);
}

}  // namespace curlew::server
