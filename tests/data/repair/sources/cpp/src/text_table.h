// Rows of text in columns that line up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shelf {

enum class Align { kLeft, kRight, kCentre };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns);

  // False, and nothing is added, when there are too many cells; missing ones are empty.
  bool add_row(std::vector<std::string> cells);
  std::string render() const;
  std::size_t width() const;  // of a line

 private:
  std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

std::string padded(std::string_view text, std::size_t width, Align align);
std::string with_thousands(long long number, char separator);

}  // namespace shelf
