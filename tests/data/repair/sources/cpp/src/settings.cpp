#include "settings.h"

#include <cctype>
#include <cstdlib>

namespace shelf {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<Settings> Settings::parse(std::string_view text, SettingsError& error) {
  Settings settings;
  std::string section;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = std::string(trimmed(line.substr(1, line.size() - 2)));
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      error.line = number;
      error.message = "expected key = value";
      return std::nullopt;
    }
    const std::string key(trimmed(line.substr(0, equals)));
    const std::string value(trimmed(line.substr(equals + 1)));
    settings.values_[section + "." + key] = value;
  }
  return settings;
}

std::string Settings::text(const std::string& section, const std::string& key,
                           const std::string& otherwise) const {
  const auto found = values_.find(section + "." + key);
  return found == values_.end() ? otherwise : found->second;
}

int Settings::number(const std::string& section, const std::string& key, int otherwise) const {
  const std::string value = text(section, key, "");
  char* end = nullptr;
  const long parsed = std::strtol(value.c_str(), &end, 10);
  if (value.empty() || *end != '\0') return otherwise;
  return static_cast<int>(parsed);
}

bool Settings::flag(const std::string& section, const std::string& key) const {
  const std::string value = text(section, key, "no");
  return value == "yes" || value == "true" || value == "1";
}

}  // namespace shelf
