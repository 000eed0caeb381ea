// Writes a text with its variants, from left to right: what is chosen at the moment is on a stack. Used once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/code_tokens.h"
#include "lsp/assist/repair/rehearse/variants.h"

namespace curlew::assist {

struct NumberedVariant {
  int number = 0;
  std::string code;  // of the whole place
};

class VariantWriter {
 public:
  virtual ~VariantWriter() = default;
  // Places come by their start, outer ones first, with consecutive numbers.
  void add(const VariantPlace& place, const std::vector<NumberedVariant>& variants);
  MadeText finish();

 protected:
  explicit VariantWriter(std::string_view text) : text_(text) {}
  void put(std::string_view code);
  void copy_to(std::size_t end);  // of the text
  int line() const { return line_; }
  MadeText& made() { return made_; }

 private:
  virtual void begin(const VariantPlace& place, const std::vector<NumberedVariant>& variants) = 0;
  virtual void end(const VariantPlace& place) = 0;
  // As complaints count them: where the text's `offset` is written now.
  virtual int line_of(std::size_t offset) const = 0;
  virtual void end_text() {}
  void close_before(std::size_t offset);

  struct Open {
    VariantPlace where;
    std::size_t idx;  // in made_.places
  };
  const std::string_view text_;
  MadeText made_;
  int line_ = 1;  // of made_.text, at its end
  std::size_t at_ = 0;
  std::vector<Open> open_;
};

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
std::unique_ptr<VariantWriter> variant_writer_c(std::string_view text);
std::unique_ptr<VariantWriter> variant_writer_script(std::string_view text);

}  // namespace curlew::assist
