// Texts with variants in C and C++: each variant on a line of its own, whose number `#line` says.
#include <fmt/format.h>

#include "lsp/assist/repair/rehearse/variant_writer.h"

namespace curlew::assist {
namespace {

// What is put before an expression, so that all branches come to the same type where that is known.
std::string_view cast_of(VariantKind kind) {
  switch (kind) {
    case VariantKind::kCondition:
      return "!!";
    case VariantKind::kDiscarded:
      return "(void)";
    case VariantKind::kValue:
    case VariantKind::kStatements:
      break;
  }
  return "";
}

class CWriter final : public VariantWriter {
 public:
  explicit CWriter(std::string_view text) : VariantWriter(text), lines_(text) {
    if (text.starts_with(kByteOrderMark)) copy_to(kByteOrderMark.size());
    put(kVariantHelper);
    put("#line 1\n");
  }

 private:
  void begin(const VariantPlace& place, const std::vector<NumberedVariant>& variants) override {
    const bool is_code = place.kind == VariantKind::kStatements;
    const std::string_view cast = cast_of(place.kind);
    const int last = variants.back().number;
    put(fmt::format("{}(curlew_at({}, {}){}", is_code ? "{ if " : "", variants.front().number, last,
                    is_code ? ") {" : " ? ("));
    for (const auto& [number, code] : variants) {
      const bool is_last = number == last;
      if (!is_last && is_code) put(fmt::format("if (curlew_mode == {})", number));
      if (!is_last && !is_code) put(fmt::format("curlew_mode == {} ?", number));
      put(fmt::format("\n#line {}\n", kVariantLinesBegin + number));
      put(is_code ? fmt::format("{{ {} }} ", code) : fmt::format("{}({}) ", cast, code));
      if (!is_last) put(is_code ? "else " : ": ");
    }
    put(fmt::format("\n#line {}\n", lines_.line_of(place.start)));
    if (place.start == place.end)
      put("} }");
    else
      put(is_code ? "} else {" : fmt::format(") : {}(", cast));
  }
  void end(const VariantPlace& place) override {
    put(place.kind == VariantKind::kStatements ? "} }" : "))");
  }

  int line_of(std::size_t offset) const override { return lines_.line_of(offset); }

  const LineTable lines_;
};

}  // namespace

std::unique_ptr<VariantWriter> variant_writer_c(std::string_view text) {
  return std::make_unique<CWriter>(text);
}

}  // namespace curlew::assist
