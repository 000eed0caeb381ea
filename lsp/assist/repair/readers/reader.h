// A reader knows what one family of tools prints. The table of all of them, and the driver, are in
// read_diagnostics.cpp.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/assist/repair/readers/report.h"
#include "lsp/assist/repair/readers/scan.h"

namespace curlew::assist {

struct Line {
  std::string_view text;     // without colours and line end; may be anything, of any length
                             // up to kLineBytesMax
  std::optional<Placed> at;  // where it begins with "path:line[:column]"
};
constexpr std::size_t kLineBytesMax = 1 << 16;  // what is longer is cut

class Reader {
 public:
  virtual ~Reader() = default;

  // True: the line was this tool's, and no other reader gets it. Time linear in the line; state
  // of bounded size.
  virtual bool read(const Line& line, Report& report) = 0;
  // The output is over.
  virtual void end(Report&) {}
};

// Readers of lines; each in the file of its name.
std::unique_ptr<Reader> read_make();
std::unique_ptr<Reader> read_cmake();
std::unique_ptr<Reader> read_gtest();
std::unique_ptr<Reader> read_pytest();
std::unique_ptr<Reader> read_python();
std::unique_ptr<Reader> read_python_lint();
std::unique_ptr<Reader> read_rustc();
std::unique_ptr<Reader> read_go();
std::unique_ptr<Reader> read_tsc();
std::unique_ptr<Reader> read_eslint();
std::unique_ptr<Reader> read_node();
std::unique_ptr<Reader> read_tap();
std::unique_ptr<Reader> read_java();
std::unique_ptr<Reader> read_nvcc();
std::unique_ptr<Reader> read_linker();
std::unique_ptr<Reader> read_sanitizer();
std::unique_ptr<Reader> read_gcc();
std::unique_ptr<Reader> read_shell();
std::unique_ptr<Reader> read_anything();

// Readers of JSON documents: whole outputs, parts of one, or single lines. True: the document was
// this tool's. Members may lack or be of any type.
bool read_rustc_json(const nlohmann::json& document, Report& report);
bool read_sarif(const nlohmann::json& document, Report& report);
bool read_eslint_json(const nlohmann::json& document, Report& report);
bool read_gcc_json(const nlohmann::json& document, Report& report);
bool read_python_lint_json(const nlohmann::json& document, Report& report);
// `go test -json` wraps the lines that it would have printed.
std::optional<std::string> go_test_output(const nlohmann::json& document);

template <class T>
std::unique_ptr<Reader> make_reader() {
  return std::make_unique<T>();
}

}  // namespace curlew::assist
