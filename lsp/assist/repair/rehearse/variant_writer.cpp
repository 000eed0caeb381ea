#include "lsp/assist/repair/rehearse/variant_writer.h"

#include <algorithm>

namespace curlew::assist {

void VariantWriter::put(std::string_view code) {
  made_.text += code;
  line_ += static_cast<int>(std::ranges::count(code, '\n'));
}

void VariantWriter::copy_to(std::size_t end) {
  put(text_.substr(at_, end - at_));
  at_ = end;
}

void VariantWriter::close_before(std::size_t offset) {
  for (; !open_.empty() && open_.back().where.end <= offset; open_.pop_back()) {
    copy_to(open_.back().where.end);
    end(open_.back().where);
    made_.places[open_.back().idx].line_last = line_of(open_.back().where.end);
  }
}

void VariantWriter::add(const VariantPlace& place, const std::vector<NumberedVariant>& variants) {
  close_before(place.start);
  copy_to(place.start);
  const int line = line_of(place.start);
  made_.places.push_back({variants.front().number, variants.back().number, line, line});
  const std::size_t idx = made_.places.size() - 1;
  begin(place, variants);
  made_.places[idx].line_last = line_of(place.end);
  if (place.start < place.end) open_.push_back({place, idx});
}

MadeText VariantWriter::finish() {
  close_before(text_.size());
  copy_to(text_.size());
  end_text();
  return std::move(made_);
}

}  // namespace curlew::assist
