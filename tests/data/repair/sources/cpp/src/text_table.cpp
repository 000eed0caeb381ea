#include "text_table.h"

#include <algorithm>
#include <utility>

namespace shelf {

namespace {
constexpr std::size_t kSpacing = 2;
}

std::string padded(std::string_view text, std::size_t width, Align align) {
  if (text.size() >= width) return std::string(text);
  const std::size_t room = width - text.size();
  std::size_t before = 0;
  if (align == Align::kRight) before = room;
  if (align == Align::kCentre) before = room / 2;
  std::string result(before, ' ');
  result += text;
  result.append(room - before, ' ');
  return result;
}

std::string with_thousands(long long number, char separator) {
  const bool negative = number < 0;
  std::string digits = std::to_string(negative ? -number : number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, separator);
  }
  return negative ? "-" + digits : digits;
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

bool TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() > columns_.size()) return false;
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
  return true;
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> result;
  for (std::size_t col = 0; col < columns_.size(); ++col) {
    std::size_t widest = columns_[col].title.size();
    for (const auto& row : rows_) widest = std::max(widest, row[col].size());
    result.push_back(widest);
  }
  return result;
}

std::size_t TextTable::width() const {
  std::size_t total = 0;
  for (const std::size_t width : widths()) total += width;
  if (columns_.empty()) return total;
  return total + kSpacing * (columns_.size() - 1);
}

std::string TextTable::render() const {
  const std::vector<std::size_t> sizes = widths();
  std::string out;
  for (std::size_t col = 0; col < columns_.size(); ++col) {
    if (col > 0) out.append(kSpacing, ' ');
    out += padded(columns_[col].title, sizes[col], columns_[col].align);
  }
  out += "\n" + std::string(width(), '-') + "\n";
  for (const auto& row : rows_) {
    for (std::size_t col = 0; col < row.size(); ++col) {
      if (col > 0) out.append(kSpacing, ' ');
      out += padded(row[col], sizes[col], columns_[col].align);
    }
    out += "\n";
  }
  return out;
}

}  // namespace shelf
