// Settings in sections of "key = value" lines.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace shelf {

struct SettingsError {
  int line = 0;
  std::string message;
};

class Settings {
 public:
  // nullopt and `error` filled when a line is none of section, setting, comment and blank.
  static std::optional<Settings> parse(std::string_view text, SettingsError& error);

  std::string text(const std::string& section, const std::string& key,
                   const std::string& otherwise) const;
  int number(const std::string& section, const std::string& key, int otherwise) const;
  bool flag(const std::string& section, const std::string& key) const;
  std::size_t size() const { return values_.size(); }

 private:
  std::map<std::string, std::string> values_;  // "section.key"
};

std::string_view trimmed(std::string_view text);

}  // namespace shelf
