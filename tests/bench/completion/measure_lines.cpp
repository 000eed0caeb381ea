// What is shown where several lines may come, with and without the text at hand mixed in.
//
//   measure_lines CASES.jsonl MODEL.gguf [--trees DIR] [--limit N]
//
// Cases of make_cases.py --kinds lines. Prints, for the model alone and for what complete() shows,
// how like the answer it is and how many of its lines are right from the first on.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <sstream>

#include "model/decode/engine.h"
#include "tests/bench/completion/requests.h"

namespace {

using namespace curlew;
using nlohmann::json;

constexpr std::size_t kComparedBytesMax = 1500;  // edit distance is quadratic

double similarity(std::string a, std::string b) {
  a.resize(std::min(a.size(), kComparedBytesMax));
  b.resize(std::min(b.size(), kComparedBytesMax));
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  const auto longer = static_cast<double>(std::max({a.size(), b.size(), std::size_t{1}}));
  return 1 - static_cast<double>(row.back()) / longer;
}

int right_lines(const std::string& text, const std::string& answer) {
  std::istringstream said(text), wanted(answer);
  int right = 0;
  for (std::string a, b; std::getline(said, a) && std::getline(wanted, b) && a == b;) ++right;
  return right;
}

struct Variant {
  const char* name;
  bool with_copy;
  assist::CopyMix mix;
  int n = 0, shown = 0, right_lines = 0;
  double similarity = 0;

  void add(const std::string& text, const std::string& answer) {
    ++n;
    shown += !text.empty();
    right_lines += ::right_lines(text, answer);
    similarity += ::similarity(text, answer);
  }
};

void measure(const json& value, const std::string& trees, model::Engine& engine,
             model::CopyPredictor& copy, Variant& variant) {
  const bench::CaseRequest asked(value, trees, assist::Lines::kMany, variant.mix);
  const auto shown = assist::complete(
      {.generator = &engine, .copy = variant.with_copy ? &copy : nullptr}, asked.request(), {});
  if (shown) variant.add(shown->text, value["middle"]);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::read_arguments(
      argc, argv, "measure_lines CASES.jsonl MODEL.gguf [--trees DIR] [--limit N]");
  if (!arguments) return 2;
  auto engine = model::Engine::load({.model = arguments->plain[1]});
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message().c_str());
    return 2;
  }
  model::CopyPredictor copy;
  Variant variants[] = {{"model", false, assist::CopyMix::kOff},
                        {"model, mixed", false, assist::CopyMix::kOn},
                        {"shown", true, assist::CopyMix::kOff},
                        {"shown, mixed", true, assist::CopyMix::kOn}};
  const bool read = bench::for_each_case(arguments->plain[0], *arguments, [&](const json& value) {
    for (Variant& variant : variants)
      measure(value, arguments->option("trees"), **engine, copy, variant);
  });
  if (!read) return 2;
  std::printf("| | shown | similarity | right lines |\n|---|---|---|---|\n");
  for (const Variant& v : variants)
    std::printf("| %s | %.1f%% | %.3f | %.3f |\n", v.name, 100.0 * v.shown / std::max(1, v.n),
                v.similarity / std::max(1, v.n), 1.0 * v.right_lines / std::max(1, v.n));
  return 0;
}
