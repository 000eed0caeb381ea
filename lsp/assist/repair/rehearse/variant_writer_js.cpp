// Texts with variants in JavaScript and TypeScript: each variant on lines of its own, as they are.
#include <fmt/format.h>

#include "lsp/assist/repair/rehearse/variant_helper_js.h"
#include "lsp/assist/repair/rehearse/variant_writer.h"

namespace curlew::assist {
namespace {

class ScriptWriter final : public VariantWriter {
 public:
  explicit ScriptWriter(std::string_view text) : VariantWriter(text) {
    if (text.starts_with(kByteOrderMark)) copy_to(kByteOrderMark.size());
    if (text.starts_with("#!")) copy_to(text.find('\n') + 1);
    put(kScriptHead);
  }

 private:
  void begin(const VariantPlace& place, const std::vector<NumberedVariant>& variants) override {
    place.kind == VariantKind::kStatements ? begin_statements(place, variants)
                                           : begin_value(variants);
  }
  void begin_value(const std::vector<NumberedVariant>& variants) {
    const int last = variants.back().number;
    put(fmt::format("(curlew_at({}, {}) ? ", variants.front().number, last));
    for (const NumberedVariant& variant : variants) {
      if (variant.number != last) put(fmt::format("curlew_pick({}) ? ", variant.number));
      put(fmt::format("curlew_is(\"curlew<{}\", (\n", variant.number));
      put_variant(variant);
      put(fmt::format("), \"curlew>{}\") : ", variant.number));
    }
    put("(");
  }
  // What stands before may end with its line.
  void begin_statements(const VariantPlace& place, const std::vector<NumberedVariant>& variants) {
    if (place.start == place.end) put("\n");
    put(fmt::format("{{ if (curlew_at({}, {})) {{ ", variants.front().number,
                    variants.back().number));
    for (const NumberedVariant& variant : variants) {
      put(fmt::format("{}if (curlew_pick({})) {{ \"curlew<{}\";\n",
                      variant.number == variants.front().number ? "" : "else ", variant.number,
                      variant.number));
      put_variant(variant);
      put(fmt::format(";\"curlew>{}\" }} ", variant.number));
    }
    put(place.start == place.end ? "} }" : "} else {");
  }
  void put_variant(const NumberedVariant& variant) {
    const int first = line();
    put(variant.code);
    made().variants.push_back({variant.number, first, line()});
    put("\n");
  }
  void end(const VariantPlace& place) override {
    put(place.kind == VariantKind::kStatements ? "} }" : "))");
  }
  void end_text() override { put(kScriptHelper); }
  int line_of(std::size_t /*offset*/) const override { return line(); }
};

}  // namespace

std::unique_ptr<VariantWriter> variant_writer_script(std::string_view text) {
  return std::make_unique<ScriptWriter>(text);
}

}  // namespace curlew::assist
