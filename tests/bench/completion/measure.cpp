// What the copy predictor, the model, and the choice between them do on cases with known answers.
//
//   measure_completion CASES.jsonl MODEL.gguf|none [--trees DIR] [--limit N] [--rows OUT.jsonl]
//           [--mix auto|on|off]
//
// With --trees, the folder that holds the cases' trees, three other files of the case's folder are
// open documents. --rows writes, for fit_model.py, what each proposed and the model's token
// probabilities. Prints the table of docs/completion.md.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "lsp/assist/choose.h"
#include "lsp/assist/proposals.h"
#include "model/decode/engine.h"
#include "tests/bench/completion/requests.h"

namespace {

using namespace curlew;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

std::string_view rstrip(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

assist::CopyMix mix_by_name(std::string_view name) {
  return name == "on"    ? assist::CopyMix::kOn
         : name == "off" ? assist::CopyMix::kOff
                         : assist::CopyMix::kAuto;
}

struct Counts {
  int n = 0, right = 0, shown = 0;
  void add(bool is_shown, bool is_right) {
    ++n;
    shown += is_shown;
    right += is_right;
  }
  void print(const char* name, double ms) const {
    std::printf("| %-24s | %5.1f%% | %5.1f%% | %8.2f |\n", name, 100.0 * shown / std::max(1, n),
                100.0 * right / std::max(1, n), ms / std::max(1, n));
  }
};

struct Measured {
  assist::Proposal copy, model;
  std::vector<float> logprobs, mixed_logprobs;
  std::string finish;
  double copy_ms = 0, model_ms = 0;
  bool copy_right = false, model_right = false, answer_breaks_parse = false;
};

class Bench {
 public:
  Bench(model::Engine* engine, const bench::Arguments& arguments)
      : engine_(engine), arguments_(arguments) {}

  // False when the cases cannot be read.
  bool run() {
    std::ofstream rows(arguments_.option("rows"));
    const bool read = bench::for_each_case(arguments_.plain[0], arguments_, [&](const json& value) {
      const Measured m = measure(value);
      count(m);
      if (rows) write(rows, value, m);
    });
    if (read) report();
    return read;
  }

 private:
  Measured measure(const json& value) {
    const std::string middle = value["middle"];
    const bench::CaseRequest asked(value, arguments_.option("trees"), assist::Lines::kOne,
                                   mix_by_name(arguments_.option("mix")));
    const assist::CompletionRequest& request = asked.request();
    const auto place = assist::completion_place(request);
    if (!place) return {};
    Measured m;
    assist::propose_copy(copy_, *place, request, {});  // builds what a typing user has warm
    const auto start = Clock::now();
    m.copy = assist::propose_copy(copy_, *place, request, {});
    m.copy_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (engine_ != nullptr) ask_model(*place, request, m);
    m.copy_right = rstrip(m.copy.shaped.text) == rstrip(middle);
    m.model_right = rstrip(m.model.shaped.text) == rstrip(middle);
    m.answer_breaks_parse = assist::breaks_parse(*place, {.text = middle});
    return m;
  }

  void ask_model(const assist::CompletionPlace& place, const assist::CompletionRequest& request,
                 Measured& m) {
    const auto start = Clock::now();
    auto generated = assist::propose_model(*engine_, place, request, {}, std::nullopt, {});
    m.model_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (!generated) return;
    m.model = generated->proposal;
    m.logprobs = generated->generation.logprobs;
    m.mixed_logprobs = generated->generation.mixed_logprobs;
    m.finish = model::finish_name(generated->generation.finish);
  }

  void count(const Measured& m) {
    const bool has_copy = !m.copy.shaped.text.empty(), has_model = !m.model.shaped.text.empty();
    copy_counts_.add(has_copy, m.copy_right);
    model_counts_.add(has_model, m.model_right);
    const bool takes_model = has_model && (!has_copy || m.model.confidence >= m.copy.confidence);
    const bool sure = m.copy.confidence >= assist::kSureCopy;
    const bool right = takes_model && !sure ? m.model_right : m.copy_right;
    chosen_counts_.add(has_copy || has_model, right);
    either_counts_.add(has_copy || has_model, m.copy_right || m.model_right);
    copy_ms_ += m.copy_ms;
    model_ms_ += m.model_ms;
    chosen_ms_ += m.copy_ms + (sure ? 0 : m.model_ms);
    skipped_ += sure;
    answers_refused_ += m.answer_breaks_parse;
    chosen_.push_back({sure || !takes_model ? m.copy.confidence : m.model.confidence, right});
  }

  static void write(std::ostream& out, const json& value, const Measured& m) {
    out << json{{"tree", value.value("tree", "")},
                {"copy", m.copy.shaped.text},
                {"copy_confidence", m.copy.confidence},
                {"copy_right", m.copy_right},
                {"model", m.model.shaped.text},
                {"model_right", m.model_right},
                {"logprobs", m.logprobs},
                {"mixed_logprobs", m.mixed_logprobs},
                {"finish", m.finish},
                {"answer_breaks_parse", m.answer_breaks_parse},
                {"answer", value["middle"]}}
               .dump(-1, ' ', false, json::error_handler_t::replace)
        << "\n";
  }

  void report() const {
    std::printf("| proposer                 | shown  | exact  | mean ms  |\n|---|---|---|---|\n");
    copy_counts_.print("copy alone", copy_ms_);
    model_counts_.print("model alone", model_ms_);
    chosen_counts_.print("chosen", chosen_ms_);
    either_counts_.print("better of both (oracle)", copy_ms_ + model_ms_);
    const double n = std::max(1, copy_counts_.n);
    std::printf("\nmodel not asked: %.1f%%; right answers the parse check refuses: %.1f%%\n\n",
                100.0 * skipped_ / n, 100.0 * answers_refused_ / n);
    std::printf("| quiet below | shown | of the shown, exact | of all, exact and shown |\n");
    std::printf("|---|---|---|---|\n");
    for (const float least : {0.f, 0.05f, 0.1f, 0.15f, 0.2f, 0.3f, 0.4f, 0.5f, 0.7f}) {
      int shown = 0, right = 0;
      for (const auto& [confidence, is_right] : chosen_) {
        if (confidence < least || confidence == 0) continue;
        ++shown;
        right += is_right;
      }
      std::printf("| %.2f | %.1f%% | %.1f%% | %.1f%% |\n", least, 100.0 * shown / n,
                  100.0 * right / std::max(1, shown), 100.0 * right / n);
    }
  }

  model::Engine* engine_;  // null: copies only
  const bench::Arguments& arguments_;
  model::CopyPredictor copy_;
  Counts copy_counts_, model_counts_, chosen_counts_, either_counts_;
  double copy_ms_ = 0, model_ms_ = 0, chosen_ms_ = 0;
  int skipped_ = 0, answers_refused_ = 0;
  std::vector<std::pair<float, bool>> chosen_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::read_arguments(
      argc, argv,
      "measure_completion CASES.jsonl MODEL.gguf|none [--trees DIR] [--limit N] [--rows OUT.jsonl] "
      "[--mix auto|on|off]");
  if (!arguments) return 2;
  if (arguments->plain[1] == "none") return Bench(nullptr, *arguments).run() ? 0 : 2;
  auto engine = model::Engine::load({.model = arguments->plain[1]});
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message().c_str());
    return 2;
  }
  return Bench(engine->get(), *arguments).run() ? 0 : 2;
}
