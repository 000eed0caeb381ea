// The units of columns: bytes, UTF-16 code units, characters.
#include <gtest/gtest.h>

#include "lsp/assist/repair/repair.h"

namespace curlew::assist {
namespace {

TEST(Columns, AreMadeBytesByTheirUnit) {
  const std::string text = "ä😀b";
  EXPECT_EQ(column_bytes(text, 3, ColumnUnit::kUtf16), 6u);
  EXPECT_EQ(column_bytes(text, 2, ColumnUnit::kCharacter), 6u);
  EXPECT_EQ(column_bytes(text, 6, ColumnUnit::kByte), 6u);
  EXPECT_EQ(column_bytes(text, 4, ColumnUnit::kUtf16), 7u);
  EXPECT_EQ(column_bytes(text, 5, ColumnUnit::kUtf16), std::string_view::npos);
  EXPECT_EQ(column_bytes("", 0, ColumnUnit::kUtf16), 0u);
}

std::string with_fix(const std::string& output, const std::string& path, const std::string& text) {
  const std::vector<Diagnostic> all = read_diagnostics(output, {});
  if (all.size() != 1) return "no complaint";
  std::vector<Candidate> candidates;
  propose_fixits(repair_place(all[0], path, text, nullptr), candidates);
  return candidates.empty() ? "no fix" : *apply_edits(text, candidates[0].edits);
}

TEST(Columns, OfSarifAreUtf16) {
  const std::string region = R"({"startLine":1,"startColumn":18,"endColumn":19})";
  const std::string place = R"("artifactLocation":{"uri":"a.c"})";
  const std::string output =
      R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint"}},"results":[{"level":"error",)"
      R"("message":{"text":"no"},"locations":[{"physicalLocation":{)" +
      place + R"(,"region":)" + region + R"(}}],"fixes":[{"artifactChanges":[{)" + place +
      R"(,"replacements":[{"deletedRegion":)" + region +
      R"(,"insertedContent":{"text":"a"}}]}]}]}]}]})";
  EXPECT_EQ(with_fix(output, "a.c", "/* ä😀 */ return b;"), "/* ä😀 */ return a;");
}

TEST(Columns, OfAFixOfEslintCountFromTheStartOfTheFile) {
  const std::string output =
      R"([{"filePath":"a.js","messages":[{"ruleId":"eqeqeq","severity":2,"message":"no",)"
      R"("line":2,"column":5,"fix":{"range":[15,17],"text":"==="}}]}])";
  EXPECT_EQ(with_fix(output, "a.js", "// 😀😀\nb(); a == 1"), "// 😀😀\nb(); a === 1");
}

}  // namespace
}  // namespace curlew::assist
