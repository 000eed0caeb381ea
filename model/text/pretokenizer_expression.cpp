#include "model/text/pretokenizer_expression.h"

#include <algorithm>

namespace curlew::model {
namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Rewriter {
 public:
  explicit Rewriter(std::string_view expression) : all_(expression), left_(expression) {}

  Expected<std::string> run() {
    while (!left_.empty()) {
      const bool good = in_class_ ? class_item() : item();
      if (!good)
        return fail(Errc::kUnsupported, "expression {}: what begins at byte {} is not run", all_,
                    all_.size() - left_.size());
    }
    return std::move(out_);
  }

 private:
  // Copies bytes as they are.
  bool copy(std::size_t bytes) {
    out_ += left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return true;
  }
  bool replace(std::size_t bytes, std::string_view by) {
    out_ += by;
    left_.remove_prefix(bytes);
    return true;
  }

  bool item() {
    switch (left_[0]) {
      case '\\':
        return escape();
      case '[':
        in_class_ = true;
        if (left_.starts_with("[^")) copy(1);
        copy(1);
        return !left_.starts_with(']');  // an empty class there, a bracket here
      case '(':
        return group();
      case '$':
        return replace(1, R"((?=\n|\z))");
      case '}':
        return !left_.starts_with("}+") && copy(1);
      case '^':
        return false;
      default:
        return copy(1);
    }
  }

  bool class_item() {
    if (left_[0] == '\\') return escape();
    if (left_[0] == '[' || left_.starts_with("&&")) return false;
    in_class_ = left_[0] != ']';
    return copy(1);
  }

  bool group() {
    if (!left_.starts_with("(?")) return copy(1);
    for (const std::string_view kind : {"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"})
      if (left_.starts_with(kind)) return copy(kind.size());
    return false;
  }

  bool escape() {
    const char kind = left_.size() > 1 ? left_[1] : '\0';
    if (kind == 's') return replace(2, in_class_ ? CURLEW_SPACE : "[" CURLEW_SPACE "]");
    if (kind == 'S') return !in_class_ && replace(2, "[^" CURLEW_SPACE "]");
    if (kind == 'p' || kind == 'P') return braces() && copy(left_.find('}') + 1);
    if (kind == 'x') return braces() && copy(left_.find('}') + 1);
    if (kind == 'u') return code_unit();
    if (std::string_view("rntdD").find(kind) != std::string_view::npos && kind != '\0')
      return copy(2);
    const bool letter = (kind >= 'a' && kind <= 'z') || (kind >= 'A' && kind <= 'Z') ||
                        (kind >= '0' && kind <= '9');
    return kind != '\0' && !letter && copy(2);
  }
  bool braces() const {
    return left_.size() > 2 && left_[2] == '{' && left_.find('}') != std::string_view::npos;
  }
  bool code_unit() {
    if (left_.size() < 6 || !std::all_of(left_.begin() + 2, left_.begin() + 6, is_hex))
      return false;
    const std::string code(left_.substr(2, 4));
    return replace(6, "\\x{" + code + "}");
  }

  std::string_view all_, left_;
  std::string out_;
  bool in_class_ = false;
};

}  // namespace

Expected<std::string> translate_expression(std::string_view expression) {
  return Rewriter(expression).run();
}

}  // namespace curlew::model
